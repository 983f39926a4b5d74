/** A server on the web that the agent sends requests to. It honours the header Idempotency-Key, and counts what arrives. */
export interface Web {
  fetch(request: Request): Promise<Response>;
  /** What arrived since it was forgotten, oldest first. */
  arrived(): readonly Arrival[];
  forget(): void;
}

export interface Arrival {
  method: string;
  path: string;
  key: string | null;
  body: string;
}

export function createWeb(): Web {
  let arrivals: Arrival[] = [];
  const answers = new Map<string, number>();
  let orders = 0;
  return {
    async fetch(request) {
      const { method } = request;
      const { pathname: path } = new URL(request.url);
      const key = request.headers.get('idempotency-key');
      const body = await request.text();
      arrivals.push({ method, path, key, body });
      if (method === 'GET') return Response.json({ order: 7, state: 'open' });
      const number = (key === null ? undefined : answers.get(key)) ?? ++orders;
      if (key !== null) answers.set(key, number);
      return Response.json({ number }, { status: 201 });
    },
    arrived: () => arrivals,
    forget() {
      arrivals = [];
      answers.clear();
      orders = 0;
    },
  };
}
