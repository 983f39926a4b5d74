import { randomUUID } from 'node:crypto';
import type { Backend } from './backend.ts';
import { type Call, readCall } from './call.ts';
import { type Access, commandName, notPermitted, refusal, translateError } from './policy.ts';
import type { Command, Reply } from './resp.ts';
import { Rewriter } from './rewrite.ts';
import { type EventStream, openStream } from './stream.ts';
import { CommandClient } from './wire.ts';

interface RestFace {
  fetch(request: Request): Promise<Response>;
  dropSubscribers(): void;
  close(): void;
}

type Answer = { result: unknown } | { error: string };

const METHODS = new Set(['HEAD', 'GET', 'POST', 'PUT']);
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;
const UNAUTHORIZED = 'WRONGPASS invalid or missing auth token';

/** The REST API over a Redis. The handler never rejects. */
export function createRestFace(
  backend: Backend,
  tokens: { token: string; readOnlyToken?: string },
): RestFace {
  const client = new CommandClient(backend);
  const rewriter = new Rewriter();
  const streams = new Set<EventStream>();

  const dropSubscribers = () => {
    for (const stream of [...streams]) stream.drop();
  };

  const run = async (commands: readonly Command[]): Promise<Reply[]> => {
    const rewritten = commands.map((command) => rewriter.rewrite(command));
    const replies = await client.run(rewritten.map(({ command }) => command));
    return replies.map((reply, index) => rewritten[index]?.reply(reply) ?? reply);
  };

  const runPipeline = async (commands: readonly Command[], access: Access, base64: boolean) => {
    const refusals = commands.map((command) => refusal(command, access));
    const allowed = commands.filter((_, index) => refusals[index] === undefined);
    const replies = (await run(allowed)).values();
    return commands.map((command, index): Answer => {
      const error = refusals[index];
      return error === undefined ? toAnswer(next(replies), command, base64) : { error };
    });
  };

  const runTransaction = async (commands: readonly Command[], access: Access, base64: boolean) => {
    for (const command of commands) {
      const error = refusal(command, access);
      if (error !== undefined) return { error };
    }
    const replies = await run([['MULTI'], ...commands, ['EXEC']]);
    const outcome = replies.at(-1);
    if (outcome?.kind === 'array') {
      // What a script's SHA or text was rewritten for is answered by EXEC, not by "QUEUED".
      const results = outcome.items.values();
      return commands.map((command) =>
        toAnswer(rewriter.rewrite(command).reply(next(results)), command, base64),
      );
    }
    const at = replies.slice(1, -1).findIndex((reply) => reply.kind === 'error');
    const answer = toAnswer(replies[at + 1] ?? next(replies.slice(-1).values()), commands[at] ?? [], base64);
    return 'error' in answer ? answer : { error: 'EXECABORT Transaction discarded' };
  };

  const openEvents = (command: Command, access: Access, signal: AbortSignal): Response => {
    if (access === 'readOnly') return failed(notPermitted(commandName(command)));
    const stream = openStream(backend, command, signal, (ended) => streams.delete(ended));
    streams.add(stream);
    return stream.response;
  };

  const answer = async (request: Request, call: Call, access: Access): Promise<Response> => {
    const base64 = request.headers.get('upstash-encoding') === 'base64';
    switch (call.kind) {
      case 'malformed':
        return failed(call.error);
      case 'stream':
        return openEvents(call.command, access, request.signal);
      case 'command': {
        const [result] = await runPipeline([call.command], access, base64);
        return Response.json(result, { status: result && 'error' in result ? 400 : 200 });
      }
      case 'pipeline':
        return Response.json(await runPipeline(call.commands, access, base64));
      case 'transaction': {
        const results = await runTransaction(call.commands, access, base64);
        return Response.json(results, { status: 'error' in results ? 400 : 200 });
      }
    }
  };

  const handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const access = authorise(request.headers, url, tokens);
    if (access === undefined) return failed(UNAUTHORIZED, 401);
    if (!METHODS.has(request.method)) return failed('ERR method not allowed', 405);
    const format = request.headers.get('upstash-response-format') ?? 'json';
    if (format !== 'json') return failed(`ERR response format is not supported: ${format}`);
    const body = await readBody(request);
    if (typeof body === 'number') {
      return failed(
        `ERR max request size exceeded. Limit: ${MAX_REQUEST_BYTES} bytes, Actual: ${body} bytes`,
      );
    }
    return answer(request, readCall(url, request.headers, body), access);
  };

  return {
    async fetch(request) {
      const response = await handle(request).catch((error: unknown) =>
        failed(`ERR ${error instanceof Error ? error.message : String(error)}`, 503),
      );
      // Clients echo it on their next request and expect another one each time.
      response.headers.set('upstash-sync-token', randomUUID());
      return request.method === 'HEAD' ? new Response(null, response) : response;
    },
    dropSubscribers,
    close() {
      dropSubscribers();
      client.close();
    },
  };
}

function authorise(
  headers: Headers,
  url: URL,
  { token, readOnlyToken }: { token: string; readOnlyToken?: string },
): Access | undefined {
  const given =
    /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1] ?? url.searchParams.get('_token');
  if (given === token) return 'full';
  return readOnlyToken !== undefined && given === readOnlyToken ? 'readOnly' : undefined;
}

/** The body, or the number of bytes seen when they are too many. */
async function readBody(request: Request): Promise<Buffer | number> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes <= MAX_REQUEST_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_REQUEST_BYTES ? bytes : Buffer.concat(chunks);
}

function failed(error: string, status = 400): Response {
  return Response.json({ error }, { status });
}

function next(replies: Iterator<Reply>): Reply {
  const { value } = replies.next();
  return value ?? { kind: 'error', text: 'ERR no reply' };
}

function toAnswer(reply: Reply, command: Command, base64: boolean): Answer {
  return reply.kind === 'error'
    ? { error: translateError(reply.text, command) }
    : { result: toJson(reply, base64) };
}

// Every string but the status "OK" is encoded; bytes that are not UTF-8 only survive encoded.
function toJson(reply: Reply, base64: boolean): unknown {
  switch (reply.kind) {
    case 'null':
      return null;
    case 'integer':
      return reply.value;
    case 'array':
      return reply.items.map((item) => toJson(item, base64));
    case 'bulk':
      return reply.bytes.toString(base64 ? 'base64' : 'utf8');
    case 'status':
    case 'error':
      return base64 && reply.text !== 'OK' ? Buffer.from(reply.text).toString('base64') : reply.text;
  }
}
