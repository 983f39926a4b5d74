/** A request the service turns down: an HTTP status and the text of `{"error": "…"}`. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
  }
}

export function json(body: unknown, status = 200): Response {
  return Response.json(body, { status });
}

/** The empty answer of the calls whose result the official client does not read. */
export function empty(status = 200): Response {
  return new Response(null, { status });
}
