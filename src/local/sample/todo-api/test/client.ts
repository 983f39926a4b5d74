import { createTodoServer } from '../src/server.ts';

export interface Reply {
  status: number;
  body: unknown;
}

/** Sends requests to a fresh server on a free port until the test is over. */
export async function startClient(test: { after(done: () => void): void }) {
  const server = createTodoServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  const base = `http://127.0.0.1:${address.port}`;

  return async (method: string, path: string, body?: unknown): Promise<Reply> => {
    const response = await fetch(base + path, {
      method,
      headers: { connection: 'close' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
}
