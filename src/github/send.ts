import { Octokit } from '@octokit/core';
import type { z } from 'zod';
import { type AnswerHeaders, GitHubError, toGitHubError } from './errors.ts';

/** How requests leave: the real `fetch`, or a stand-in in tests. */
export type Fetch = (request: Request) => Promise<Response>;

/** No request to GitHub lasts longer, its body included. */
const REQUEST_TIMEOUT_MS = 30_000;

/** The version of the REST API the schemas in this folder were written against. */
const API_VERSION = '2022-11-28';

export interface Answer<T> {
  data: T;
  headers: AnswerHeaders;
  status: number;
}

/**
 * One request to GitHub: `route` is a method and a URL template, `parameters` fill the template, the query and the body.
 * Nothing is retried. All throw {@link GitHubError}, or the signal's reason once the caller's signal is aborted.
 */
export interface Send {
  /** The answer's JSON as the schema reads it. */
  json<T>(route: string, schema: z.ZodType<T>, parameters?: Record<string, unknown>): Promise<Answer<T>>;
  /** The answer's body as it streams; a redirect is returned, not followed. */
  stream(
    route: string,
    parameters?: Record<string, unknown>,
  ): Promise<Answer<ReadableStream<Uint8Array> | null>>;
}

/** A token, which all who share this object replace together. */
export interface Access {
  token: string;
  /** Another token when GitHub refuses this one, which somebody may have replaced; null when there is none. */
  renew?: ((refused: string) => Promise<string | null>) | undefined;
}

export interface SendOptions {
  apiUrl: string;
  fetch: Fetch;
  access: Access;
  signal?: AbortSignal;
}

const silent = () => undefined;
/** Octokit warns of deprecations on the console when it is given no log. */
const quiet = { debug: silent, info: silent, warn: silent, error: silent };

/** An octokit that logs nothing and leaves through the given fetch. */
export function createOctokit({
  apiUrl,
  fetch,
  token,
}: Pick<SendOptions, 'apiUrl' | 'fetch'> & { token?: string }): Octokit {
  return new Octokit({
    baseUrl: apiUrl,
    userAgent: 'cadence',
    ...(token === undefined ? {} : { auth: token }),
    log: quiet,
    request: { fetch: (url: string, init: RequestInit) => fetch(new Request(url, init)), log: quiet },
  });
}

/** A signal that aborts with the caller's, and in any case when a request has lasted too long. */
export function boundedSignal(signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

export function createSend(options: SendOptions): Send {
  const { access } = options;
  let made = { token: access.token, octokit: createOctokit({ ...options, token: access.token }) };

  /** With the token of this moment. */
  function octokit(): Octokit {
    const { token } = access;
    if (made.token !== token) made = { token, octokit: createOctokit({ ...options, token }) };
    return made.octokit;
  }

  /** A request that was refused for its token was not carried out, so it is sent again with another one, once. */
  async function isRenewed(refused: string): Promise<boolean> {
    if (access.token === refused) access.token = (await access.renew?.(refused)) ?? refused;
    return access.token !== refused;
  }

  async function send(
    route: string,
    parameters: Record<string, unknown>,
    request: Record<string, unknown>,
    isLast = false,
  ): Promise<Answer<unknown>> {
    options.signal?.throwIfAborted();
    const { token } = access;
    try {
      const headers = { 'x-github-api-version': API_VERSION, ...objectOf(parameters.headers) };
      return await octokit().request(route, {
        ...parameters,
        headers,
        request: { ...request, signal: boundedSignal(options.signal) },
      });
    } catch (error) {
      options.signal?.throwIfAborted();
      const failure = toGitHubError(route, error);
      if (isLast || failure.code !== 'unauthorized' || !(await isRenewed(token))) throw failure;
      return send(route, parameters, request, true);
    }
  }

  return {
    async json(route, schema, parameters = {}) {
      const { data, headers, status } = await send(route, parameters, {});
      const parsed = schema.safeParse(data);
      if (parsed.success) return { data: parsed.data, headers, status };
      // Octokit hands over a body that broke off as text, as if it were whole.
      options.signal?.throwIfAborted();
      throw new GitHubError(`GitHub's answer to ${route} could not be read`, {
        status,
        code: 'unavailable',
        cause: parsed.error,
      });
    },

    async stream(route, parameters = {}) {
      const { data, headers, status } = await send(route, parameters, {
        parseSuccessResponseBody: false,
        redirect: 'manual',
      });
      return { data: data instanceof ReadableStream ? data : null, headers, status };
    },
  };
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

/** Splits "owner/name" for URL templates. */
export function partsOf(repository: string): { owner: string; repo: string } {
  const [owner = '', repo = ''] = repository.split('/');
  return { owner, repo };
}
