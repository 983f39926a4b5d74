import type { Command } from './resp.ts';

/** What a request asks for, before anything is checked against Redis. */
export type Call =
  | { kind: 'command'; command: Command }
  | { kind: 'pipeline'; commands: Command[] }
  | { kind: 'transaction'; commands: Command[] }
  | { kind: 'stream'; command: Command }
  | { kind: 'malformed'; error: string };

const STREAMS = new Set(['subscribe', 'psubscribe', 'monitor']);

/** Reads a request to the REST API. `body` is empty for GET and HEAD. */
export function readCall(url: URL, headers: Headers, body: Buffer): Call {
  const segments = readSegments(url.pathname);
  if (segments === undefined) return { kind: 'malformed', error: 'ERR failed to parse command' };
  const [first = '', ...rest] = segments;
  if (first === '' && rest.length === 0) return readBodyCommand(body);
  if (rest.length === 0 && first === 'pipeline') return readCommands('pipeline', body);
  if (rest.length === 0 && first === 'multi-exec') return readCommands('transaction', body);
  if (STREAMS.has(first.toLowerCase()) && headers.get('accept')?.includes('text/event-stream')) {
    return { kind: 'stream', command: segments };
  }
  // `/set/foo?EX=100` with a body: the body is the last argument of the path, options follow it.
  const options = [...url.searchParams]
    .filter(([name]) => name !== '_token')
    .flatMap(([name, value]) => (value === '' ? [name] : [name, value]));
  return { kind: 'command', command: [...segments, ...(body.length === 0 ? [] : [body]), ...options] };
}

function readSegments(pathname: string): string[] | undefined {
  try {
    return pathname.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function readBodyCommand(body: Buffer): Call {
  const command = toCommand(parseJson(body));
  if (command === undefined) return { kind: 'malformed', error: 'ERR failed to parse command' };
  if (command.length === 0) return { kind: 'malformed', error: 'ERR empty command' };
  return { kind: 'command', command };
}

function readCommands(kind: 'pipeline' | 'transaction', body: Buffer): Call {
  const items = parseJson(body);
  const name = kind === 'pipeline' ? 'pipeline' : 'transaction';
  if (!Array.isArray(items)) return { kind: 'malformed', error: `ERR failed to parse ${name} request` };
  if (items.length === 0) return { kind: 'malformed', error: `ERR empty ${name} request` };
  const commands: Command[] = [];
  for (const item of items) {
    const command = toCommand(item);
    if (command === undefined) return { kind: 'malformed', error: `ERR failed to parse ${name} request` };
    if (command.length === 0) return { kind: 'malformed', error: 'ERR empty command' };
    commands.push(command);
  }
  return { kind, commands };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function toCommand(value: unknown): Command | undefined {
  if (!Array.isArray(value)) return undefined;
  const command: string[] = [];
  for (const item of value) {
    if (typeof item !== 'string' && typeof item !== 'number' && typeof item !== 'boolean') return undefined;
    command.push(String(item));
  }
  return command;
}
