import fc from 'fast-check';
import { createApp } from '../../src/app.ts';
import type { Document } from '../../src/http/document.ts';
import { problemSchema } from '../../src/http/errors.ts';
import { openCloud } from '../support/cloud.ts';
import { TRACKER_ORIGIN, trackerServer } from '../support/mcp-server.ts';
import { type FuzzRequest, type Ids, requestsOf } from './requests.ts';

export interface Fuzzed {
  requests: number;
  /** How many operations of the document were asked. */
  operations: number;
  /** How many got which status. */
  statuses: Record<string, number>;
  /** What was wrong, each with the request that shows it; empty when nothing was. */
  wrong: string[];
}

/** What no answer says: where code is, what is asked of the database, and secrets. */
const LEAKS =
  /\.ts:\d+|node_modules|\bat \w+ \(|\bSELECT\b .*\bFROM\b|\bINSERT INTO\b|drizzle|NeonDbError|SQLSTATE|sk-ant|model-key|redis-token|thirty-two characters/;

/**
 * Asks the whole product, over the local cloud in this process, requests made from its own document, and looks at every answer: none may
 * be a failure of ours, say more than it should, or be a problem that is not well formed. Its contract is held against each as well.
 */
export async function runFuzz(options: {
  requests: number;
  seed: number;
  onProgress?(done: number): void;
}): Promise<Fuzzed> {
  const tracker = trackerServer();
  const cloud = await openCloud({
    others: { tracker: { origin: TRACKER_ORIGIN, handle: tracker.handle } },
    // Left alone, each message would be carried to the real net, and tried again and again.
    qstash: { fetch: async () => new Response(null) },
  });
  try {
    const { accessToken, user } = await cloud.signIn('demo');
    const app = createApp(cloud.context);
    let currentToken = accessToken;
    const ask = ({ operationId, path, method, headers, body: drawn }: FuzzRequest) => {
      const body = operationId === 'planDag' ? withoutWaiting(drawn) : drawn;
      return cloud.app.request(`/api/v1${path.replace(/^\/api\/v1/, '')}`, {
        method,
        headers: withToken(headers, accessToken, currentToken),
        ...(body === null ? {} : { body }),
      });
    };
    const document = JSON.parse(await (await app.request('/openapi.json')).text()) as Document;
    const ids = await someThings(cloud.app, accessToken, user.id);
    const sampled = fc.sample(requestsOf(document, accessToken, ids), {
      numRuns: options.requests,
      seed: options.seed,
    });
    const operations = new Set(sampled.map(({ operationId }) => operationId)).size;
    const fuzzed: Fuzzed = { requests: 0, operations, statuses: {}, wrong: [] };
    for (const request of sampled) {
      fuzzed.requests += 1;
      options.onProgress?.(fuzzed.requests);
      const found = await tryOne(request, ask, fuzzed.statuses);
      // Who ends their sessions is let in nowhere any more, and the rest would prove nothing.
      if (endsSessions(request)) currentToken = (await cloud.signIn('demo')).accessToken;
      if (found !== null) fuzzed.wrong.push(`${found}\n  ${JSON.stringify(request).slice(0, 2_000)}`);
    }
    return fuzzed;
  } finally {
    await cloud.close();
  }
}

const endsSessions = ({ operationId }: FuzzRequest) => /^endSessions?$/.test(operationId);

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** By its contract the request for a plan is answered when there is one or 25 seconds are over, and here nobody makes one. */
function withoutWaiting(body: string | null): string | null {
  try {
    const asked = JSON.parse(body ?? '');
    const { waitSeconds } = asked;
    const waits = waitSeconds === undefined || (waitSeconds > 0 && waitSeconds <= 25);
    return waits && isObject(asked) ? JSON.stringify({ ...asked, waitSeconds: 0 }) : body;
  } catch {
    return body;
  }
}

/** The headers of a request, with another token where they have this one. */
const withToken = (headers: Record<string, string>, token: string, another: string) =>
  headers.authorization === `Bearer ${token}` ? { ...headers, authorization: `Bearer ${another}` } : headers;

async function tryOne(
  request: FuzzRequest,
  ask: (request: FuzzRequest) => Response | Promise<Response>,
  statuses: Record<string, number>,
): Promise<string | null> {
  let response: Response;
  try {
    response = await inTime(ask(request));
  } catch (error) {
    if (isUnsendable(error)) return null;
    return `${request.operationId} threw ${String(error)}`;
  }
  const { status, headers } = response;
  statuses[status] = (statuses[status] ?? 0) + 1;
  if (headers.get('content-type')?.startsWith('text/event-stream')) {
    await inTime(response.body?.cancel());
    return null;
  }
  const text = await inTime(response.text());
  if (status >= 500) return `${request.operationId} answers ${status}: ${text.slice(0, 300)}`;
  const leak = isDocumentation(request) ? undefined : LEAKS.exec(text)?.[0];
  if (leak !== undefined) return `${request.operationId} says too much: ${leak}`;
  if (status < 400) return null;
  const problem =
    headers.get('content-type') === 'application/problem+json' && problemSchema.safeParse(JSON.parse(text));
  if (!problem || problem.data?.status !== status)
    return `${request.operationId} answers ${status} with no problem: ${text.slice(0, 300)}`;
  if (headers.get('x-request-id') !== problem.data.requestId)
    return `${request.operationId} has two request ids`;
  return null;
}

/** It quotes code and statements, from examples. */
const isDocumentation = ({ path }: FuzzRequest) => /^\/api\/v1\/(docs|openapi\.json)/.test(path);

const LONGEST_MS = 20_000;

/** An answer, or at least its head, comes soon: a request that hangs is as wrong as one that fails. */
async function inTime<T>(answer: T | Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${LONGEST_MS} ms`)), LONGEST_MS);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** What `fetch` itself refuses to send has not been asked. */
const isUnsendable = (error: unknown) =>
  error instanceof TypeError && /invalid header|invalid value|ByteString|Invalid URL/i.test(error.message);

/** Makes one of everything that an address can name. */
async function someThings(
  app: { request(path: string, init: RequestInit): Response | Promise<Response> },
  token: string,
  userId: string,
): Promise<Ids> {
  const make = async (
    path: string,
    body: object,
  ): Promise<{ id: string; jobId?: string; activeRun?: { id: string } }> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
    return JSON.parse(await response.text());
  };
  const agents = await Promise.all(Array.from({ length: 20 }, () => make('/agents', { prompt: 'Hello' })));
  const team = await make('/organisations', { name: 'Team' });
  const invitation = await make(`/organisations/${team.id}/invitations`, { role: 'viewer' });
  const endpoints = await Promise.all(
    Array.from({ length: 10 }, () => make('/webhook-endpoints', { url: 'https://hooks.receiver.dev/' })),
  );
  const deliveries = await Promise.all(endpoints.map(({ id }) => make(`/webhook-endpoints/${id}/test`, {})));
  const messages = await Promise.all(
    agents.map(({ id }) => make(`/agents/${id}/messages`, { text: 'More' })),
  );
  const server = await make('/mcp-servers', {
    name: 'tracker',
    url: `${TRACKER_ORIGIN}/mcp`,
    headers: { authorization: 'Bearer tracker-secret' },
  });
  const goals = await Promise.all(
    agents.slice(0, 10).map(({ id }) =>
      make('/goals', {
        name: 'Goal',
        agentId: id,
        prompt: '{{it}}',
        parameters: { it: { type: 'string', default: 'Go' } },
      }),
    ),
  );
  const schedules = await Promise.all(
    goals.map(({ id }) => make(`/goals/${id}/schedules`, { cron: '*/5 * * * *' })),
  );
  const dag = { name: 'Job', nodes: [{ id: 'part', task: 'Hello' }] };
  const executions = await Promise.all(Array.from({ length: 5 }, () => make('/execute-dag', { dag })));
  const dags = await Promise.all(Array.from({ length: 5 }, () => make('/dags', dag)));
  const jobs = await Promise.all(
    Array.from({ length: 5 }, () => make('/generate-backend', { prompt: 'A REST API for notes' })),
  );
  const plans = await Promise.all(
    Array.from({ length: 2 }, () => make('/create-dag', { goal: 'Plan it', waitSeconds: 0 })),
  );
  return {
    jobId: jobs.map(({ jobId }) => jobId ?? ''),
    path: ['README.md'],
    planId: plans.map(({ id }) => id),
    dagId: dags.map(({ id }) => id),
    executionId: executions.map(({ id }) => id),
    mcpServerId: [server.id],
    scheduleId: schedules.map(({ id }) => id),
    goalId: goals.map(({ id }) => id),
    agentId: agents.map(({ id }) => id),
    runId: agents.map(({ activeRun }) => activeRun?.id ?? ''),
    messageId: messages.map(({ id }) => id),
    organisationId: [team.id, userId.replace('user_', 'org_')],
    invitationId: [invitation.id],
    webhookEndpointId: endpoints.map(({ id }) => id),
    deliveryId: deliveries.map(({ id }) => id),
    userId: [userId],
    owner: ['demo'],
    name: ['todo-api', 'edit_file'],
    key: ['test-command'],
    output: ['report.md'],
  };
}
