interface Asked {
  method: string;
  address: string;
  headers: Headers;
  body: unknown;
}

/** What the server does with one request after the other. It throws as the network does, or answers. */
export type Turn = (asked: Asked) => Response | Promise<Response>;

/** A `fetch` that answers from a script, and notes what it was asked. */
export function scriptedServer(turns: Turn[]) {
  const asked: Asked[] = [];
  return {
    asked,
    async fetch(url: string, { method = 'GET', headers, body }: RequestInit): Promise<Response> {
      const request = {
        method,
        address: url.replace('https://cadence.test', ''),
        headers: new Headers(headers),
        body: typeof body === 'string' ? JSON.parse(body) : undefined,
      };
      asked.push(request);
      const turn = turns.shift();
      if (turn === undefined) throw new Error(`nobody expected ${method} ${url}`);
      return turn(request);
    },
  };
}

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Turn =>
  () =>
    Response.json(body, { status, headers });

export const problem = (status: number, code: string, headers: Record<string, string> = {}): Turn =>
  json({ code, detail: 'Words.', requestId: 'req_1' }, status, {
    ...headers,
    'content-type': 'application/problem+json',
  });

export const noNetwork: Turn = () => {
  throw new TypeError('fetch failed');
};

/** A stream of these blocks, which then ends, or goes silent. */
export const stream =
  (blocks: string[], end: 'ends' | 'is silent' = 'ends'): Turn =>
  () => {
    const body = new ReadableStream({
      start(controller) {
        for (const block of blocks) controller.enqueue(new TextEncoder().encode(`${block}\n\n`));
        if (end === 'ends') controller.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };

/** An event with a number, or with a longer id. */
export function event(type: string, id?: string | number, data: object = {}): string {
  const body = id === undefined ? data : { seq: 1, type, data, speech: null, at: '2026-11-21T12:00:00.000Z' };
  return `event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(body)}`;
}
