import { expect } from 'vitest';
import { z } from 'zod';
import type { openApi } from './api.ts';
import { deliverUntilRest, scriptOf } from './deliver.ts';

/** Runs that comment on issues of the demo repository, and comments that get lost on their way. */
export async function openComments({ cloud, api, token }: Awaited<ReturnType<typeof openApi>>) {
  cloud.context.engine.settings.settlingMs = 1;
  const githubToken = await cloud.github.issueToken('demo');

  async function github(method: string, path: string, body?: object) {
    const request = new Request(`${cloud.github.apiUrl}/repos/demo/todo-api${path}`, {
      method,
      headers: { authorization: `Bearer ${githubToken}`, 'user-agent': 'test' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return (await cloud.github.fetch(request)).json();
  }

  const newIssue = async (): Promise<number> =>
    z.object({ number: z.number() }).parse(await github('POST', '/issues', { title: 'A bug' })).number;
  const commentsOf = async (issue: number): Promise<string[]> =>
    z
      .array(z.object({ body: z.string() }))
      .parse(await github('GET', `/issues/${issue}/comments?per_page=100`))
      .map(({ body }) => body);

  /** A run, not yet delivered, that comments once for each body, in one step. */
  async function start(issue: number, bodies: string[], more: object = {}) {
    const calls = bodies.map((body) => ({ name: 'comment', input: { issue, body } }));
    const agent = { repository: 'demo/todo-api', prompt: scriptOf({ text: 'I comment.', calls }), ...more };
    const { body } = await api.post('/agents', agent, { token });
    return { agentId: String(body.id), runId: String(body.activeRun.id) };
  }

  const look = async (runId: string) => (await api.get(`/runs/${runId}`, { token })).body;
  const callsOf = async (runId: string) =>
    (await api.get(`/runs/${runId}/steps`, { token })).body.data[0].toolCalls;
  const decide = (id: string, body: object) => api.post(`/approvals/${id}`, body, { token });
  const act = (runId: string, verb: string) => api.post(`/runs/${runId}/${verb}`, undefined, { token });

  async function openReview(runId: string) {
    const { data } = (await api.get('/approvals?state=pending&limit=100', { token })).body;
    return data.find((approval: { runId: string }) => approval.runId === runId);
  }

  const isComment = (request: Request) => request.method === 'POST' && request.url.endsWith('/comments');

  /** Loses the request that comments for the n-th time, or its answer. */
  function loseComment(when: 'before' | 'after', nth = 1): void {
    let seen = 0;
    cloud.fetches.intercept = async (_service, request, send) => {
      if (!isComment(request) || ++seen !== nth) return send();
      if (when === 'after') await send();
      throw new TypeError('connection reset');
    };
  }
  const restore = () => {
    cloud.fetches.intercept = (_service, _request, send) => send();
  };

  /** A run whose comment was lost on its way, so that it waits for a review. */
  async function unknown() {
    const issue = await newIssue();
    const made = await start(issue, ['Hello']);
    loseComment('before');
    expect(await deliverUntilRest(cloud, made.runId)).toBe('waiting');
    restore();
    const review = await openReview(made.runId);
    return { issue, ...made, review };
  }

  return {
    github,
    newIssue,
    commentsOf,
    start,
    look,
    callsOf,
    decide,
    act,
    openReview,
    isComment,
    loseComment,
    restore,
    unknown,
  };
}
