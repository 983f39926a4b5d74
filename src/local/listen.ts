import { serve } from '@hono/node-server';

/** A stand-in that is being served: its base URL without a trailing slash, and how to stop it. */
export interface Listening {
  url: string;
  port: number;
  close(): Promise<void>;
}

/**
 * Serves a fetch handler over HTTP on the loopback interface.
 *
 * @param options.port the port to listen on; 0 or none picks a free one
 * @throws the socket's error (such as EADDRINUSE) when the port cannot be taken
 */
export async function listen(
  handle: (request: Request) => Response | Promise<Response>,
  options: { port?: number } = {},
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: handle, port: options.port ?? 0, hostname: '127.0.0.1', overrideGlobalObjects: false },
      ({ port }) =>
        resolve({
          url: `http://127.0.0.1:${port}`,
          port,
          close: () =>
            new Promise((done) => {
              server.close(() => done());
              // Streams that nobody ends would keep the server open for ever.
              if ('closeAllConnections' in server) server.closeAllConnections();
            }),
        }),
    );
    server.once('error', reject);
  });
}
