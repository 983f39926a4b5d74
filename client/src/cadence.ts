import { type Followed, type FollowOptions, follow } from './events.ts';
import { OPERATIONS, type Operations } from './generated.ts';
import type { ClientOptions } from './options.ts';
import type { SessionTokens } from './session.ts';
import { createTransport, type Transport } from './transport.ts';

type Input<Id extends keyof Operations> = Operations[Id]['input'];

/** What an operation is called with; nothing where it needs nothing. */
type Given<Id extends keyof Operations> =
  Record<never, never> extends Input<Id>
    ? [input?: Input<Id>, options?: CallOptions]
    : [input: Input<Id>, options?: CallOptions];

interface CallOptions {
  signal?: AbortSignal;
}

/** Every operation of the contract by its name, and what takes more than one request. */
export type Cadence = {
  [Id in keyof Operations]: (...given: Given<Id>) => Promise<Operations[Id]['answer']>;
} & {
  /** Follows a run to its end, or an agent through its runs. */
  events(
    what: { runId: string } | { agentId: string },
    options?: FollowOptions,
  ): AsyncGenerator<Followed, void>;
  /** Where to send the user to sign in. GitHub sends them to `redirectUri` with `code` and `state`. */
  signInUrl(query: { redirectUri: string; state: string; codeChallenge: string; login?: string }): string;
  /** From now on these tokens are used; null when the user has signed out. */
  useTokens(tokens: SessionTokens | null): void;
};

/** A client of the API at `baseUrl`. */
export function createCadence(options: ClientOptions): Cadence {
  const transport = createTransport(options);
  const { session } = transport;
  const calls = Object.fromEntries(
    Object.entries(OPERATIONS).map(([id, operation]) => [id, callOf(transport, operation)]),
  );
  return Object.assign(calls, {
    events(what: { runId: string } | { agentId: string }, followOptions: FollowOptions = {}) {
      const path =
        'runId' in what ? `/api/v1/runs/${what.runId}/events` : `/api/v1/agents/${what.agentId}/events`;
      return follow(transport, path, followOptions);
    },
    signInUrl: (query: Record<string, string>) =>
      `${options.baseUrl.replace(/\/+$/, '')}/api/v1/auth/github/authorize?${new URLSearchParams(query)}`,
    useTokens: session.use,
    // What is true of every entry of the table cannot be said of `Object.fromEntries`.
  }) as unknown as Cadence;
}

interface AnyInput {
  path?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
}

function callOf(
  transport: Transport,
  { method, path, needsToken }: (typeof OPERATIONS)[keyof typeof OPERATIONS],
) {
  return async ({ path: names = {}, query = {}, body }: AnyInput = {}, { signal }: CallOptions = {}) => {
    const pathname = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ''));
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(String(value))}`],
    );
    const address = given.length === 0 ? pathname : `${pathname}?${given.join('&')}`;
    return transport.send(
      { method, address, needsToken, accept: 'application/json', body, signal },
      readBody,
    );
  };
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (/\bjson\b/.test(response.headers.get('content-type') ?? '')) return JSON.parse(text);
  return text === '' ? undefined : text;
}
