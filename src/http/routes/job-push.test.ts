import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest } from '../../../test/support/deliver.ts';
import { runIdOf } from '../../domain/jobs/job-id.ts';

const { cloud, api, token, stranger } = await openApi();

async function made(): Promise<string> {
  const { body } = await api.post('/generate-backend', { prompt: 'A REST API for notes' }, { token });
  expect(await deliverUntilRest(cloud, runIdOf(body.jobId) ?? '')).toBe('completed');
  return body.jobId;
}
const push = (jobId: string, repository: string, as = token) =>
  api.post(`/jobs/${jobId}/push`, { repository, private: false }, { token: as });

/** Loses the answers to what is sent to GitHub in a way, once each. */
function loseAnswers(matches: (method: string, path: string) => boolean) {
  let lost = 0;
  cloud.fetches.intercept = async (service, request, send) => {
    const response = await send();
    if (service !== 'github' || !matches(request.method, new URL(request.url).pathname) || lost > 0)
      return response;
    lost += 1;
    throw new TypeError('the answer was lost');
  };
  return () => lost;
}

describe('POST /jobs/:id/push', () => {
  it('makes a repository with all files in one commit, once', async () => {
    const jobId = await made();
    const { status, body } = await push(jobId, 'demo/pushed');
    expect([status, body]).toEqual([
      200,
      {
        repository: 'demo/pushed',
        url: expect.stringMatching(/\/demo\/pushed$/),
        branch: 'main',
        sha: expect.stringMatching(/^[0-9a-f]{40}$/),
      },
    ]);
    expect((await push(jobId, 'demo/pushed')).body).toEqual(body);
    const clone = await api.get('/repos/demo/pushed/branches', { token });
    expect(clone.body.data).toMatchObject([{ name: 'main', sha: body.sha }]);
  });

  it.each([
    ['the repository', (method: string, path: string) => method === 'POST' && path.endsWith('/user/repos')],
    ['the commit', (method: string, path: string) => method === 'POST' && path.endsWith('/git/commits')],
    ['the branch', (method: string, path: string) => method === 'PATCH' && path.includes('/git/refs/')],
  ])('finds %s whose making was not answered', async (what, matches) => {
    const jobId = await made();
    const name = `demo/lost-${what.replace('the ', '')}`;
    const lost = loseAnswers(matches);
    let answer = await push(jobId, name);
    expect(lost()).toBe(1);
    if (answer.status === 503) answer = await push(jobId, name);
    expect(answer.status).toBe(200);
    expect((await push(jobId, name)).body).toEqual(answer.body);
  });

  it('leaves a repository alone that is not its own', async () => {
    const jobId = await made();
    expect((await push(jobId, 'demo/todo-api')).body).toMatchObject({ code: 'repositoryExists' });
    const other = await made();
    await push(other, 'demo/of-another');
    expect((await push(jobId, 'demo/of-another')).body).toMatchObject({ code: 'repositoryExists' });
  });

  it('refuses what it cannot do', async () => {
    const { body } = await api.post('/generate-backend', { prompt: 'A REST API for notes' }, { token });
    expect((await push(body.jobId, 'demo/early')).body).toMatchObject({ status: 409, code: 'jobUnfinished' });
    const jobId = await made();
    expect((await push(jobId, 'octo/not-mine')).body).toMatchObject({
      errors: [{ field: 'body.repository' }],
    });
    expect((await push(jobId, 'nonsense')).body).toMatchObject({ errors: [{ field: 'body.repository' }] });
    expect((await push(jobId, 'octo/mine', stranger)).status).toBe(404);
  });
});
