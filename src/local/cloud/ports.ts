import { createServer } from 'node:net';

/** Where the API and each stand-in listens. 0 picks a free port. */
export interface Ports {
  api: number;
  github: number;
  neon: number;
  redis: number;
  qstash: number;
  model: number;
  chat: number;
}

/** Where `npm start` serves the API, and wrangler serves anything, unless told otherwise. */
export const DEFAULT_PORT = 8787;

/** A block of fixed ports, known from its first; the second is left to `npm run dev`. */
export function portsFrom(api: number): Ports {
  return {
    api,
    github: api + 3,
    neon: api + 4,
    redis: api + 5,
    qstash: api + 6,
    model: api + 7,
    chat: api + 8,
  };
}

/**
 * Free ports for everything. That of the API is picked here, because its address is among its own bindings before it
 * listens; the stand-ins pick theirs.
 */
export async function freePorts(): Promise<Ports> {
  return { api: await freePort(), github: 0, neon: 0, redis: 0, qstash: 0, model: 0, chat: 0 };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
