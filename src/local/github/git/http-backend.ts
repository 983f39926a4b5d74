import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname, resolve } from 'node:path';

export interface BackendCall {
  /** The bare repository on disk. */
  gitdir: string;
  /** `/info/refs`, `/git-upload-pack` or `/git-receive-pack`. */
  path: string;
  request: Request;
  /** Who pushes; undefined for reading. */
  remoteUser: string | undefined;
}

/**
 * Lets `git http-backend` answer one request of Git's smart protocol, over CGI (RFC 3875).
 *
 * @returns its answer, or 500 when the program fails before it has one
 */
export async function runHttpBackend({ gitdir, path, request, remoteUser }: BackendCall): Promise<Response> {
  const body = Buffer.from(await request.arrayBuffer());
  const header = (name: string) => request.headers.get(name) ?? '';
  const child = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: resolve(dirname(gitdir)),
      GIT_HTTP_EXPORT_ALL: '1',
      // The user's own settings must not change what the stand-in answers, and pull request refs are not pushed to.
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_COUNT: '3',
      GIT_CONFIG_KEY_0: 'http.receivepack',
      GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'safe.directory',
      GIT_CONFIG_VALUE_1: '*',
      GIT_CONFIG_KEY_2: 'receive.hideRefs',
      GIT_CONFIG_VALUE_2: 'refs/pull',
      GIT_PROTOCOL: header('git-protocol'),
      PATH_INFO: `/${basename(gitdir)}${path}`,
      QUERY_STRING: new URL(request.url).search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      REMOTE_ADDR: '127.0.0.1',
      ...(remoteUser === undefined ? {} : { REMOTE_USER: remoteUser }),
    },
  });
  // The program may end before it has read everything, and what it said still counts.
  child.stdin.on('error', () => undefined);
  child.stdin.end(body);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return parseCgi(Buffer.concat(chunks));
}

function parseCgi(output: Buffer): Response {
  const end = output.indexOf('\r\n\r\n');
  if (end < 0) return new Response('git http-backend gave no answer', { status: 500 });
  const headers = new Headers();
  let status = 200;
  for (const line of output.toString('latin1', 0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else headers.set(name, value);
  }
  return new Response(new Uint8Array(output.subarray(end + 4)), { status, headers });
}
