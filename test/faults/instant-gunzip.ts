import { gunzipSync } from 'node:zlib';

/**
 * What stands for `DecompressionStream` under virtual time: the real one works in another thread, and nothing tells when
 * it is done. It takes everything in before it gives anything.
 */
export class InstantGunzip extends TransformStream<Uint8Array, Uint8Array> {
  constructor() {
    const chunks: Uint8Array[] = [];
    super({
      transform(chunk) {
        chunks.push(chunk);
      },
      flush(controller) {
        controller.enqueue(new Uint8Array(gunzipSync(Buffer.concat(chunks))));
      },
    });
  }
}
