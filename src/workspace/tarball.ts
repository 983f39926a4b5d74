import { createTarDecoder } from 'modern-tar';

/**
 * The files of a gzipped tar that `wanted` asks for, by their path below the archive's single top folder. Links and
 * folders are left out. Only wanted files are ever whole in memory.
 *
 * @throws when the archive is damaged or breaks off
 */
export async function* readTarball(
  archive: ReadableStream<Uint8Array>,
  wanted: (path: string, size: number) => boolean,
): AsyncGenerator<{ path: string; bytes: Uint8Array }> {
  const entries = archive.pipeThrough(gunzip()).pipeThrough(createTarDecoder({ strict: true }));
  for await (const { header, body } of entries) {
    const path = header.name.slice(header.name.indexOf('/') + 1);
    const isFile = header.type === 'file' || header.type === undefined;
    if (isFile && wanted(path, header.size)) {
      yield { path, bytes: new Uint8Array(await new Response(body).arrayBuffer()) };
    } else {
      // The decoder stands still until every body has been read or cancelled.
      await body.cancel();
    }
  }
}

/** The platform types its gunzip as taking any buffer source, which a stream of bytes is a case of. */
function gunzip(): ReadableWritablePair<Uint8Array, Uint8Array> {
  return new DecompressionStream('gzip');
}
