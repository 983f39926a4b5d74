import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';

const { cloud, api, token, stranger } = await openApi();

const save = (input: object) => ({ name: 'save_output', input });

/** The id of a run that has ended. */
async function ran(...turns: object[]): Promise<string> {
  const { body } = await api.post('/agents', { prompt: scriptOf(...turns) }, { token });
  expect(await deliverUntilRest(cloud, body.activeRun.id)).toBe('completed');
  return body.activeRun.id;
}
const listed = async (runId: string) => (await api.get(`/runs/${runId}/outputs`, { token })).body.data;

const page = '<script>alert(1)</script>';

describe('the outputs of a run', () => {
  it('are listed with what they are, downloaded, and zipped', async () => {
    const runId = await ran(
      {
        calls: [save({ name: 'page.html', content: 'old' }), save({ name: 'sum.json', value: { total: 3 } })],
      },
      { calls: [save({ name: 'page.html', content: page, mediaType: 'text/html' })] },
    );
    const sha256 = '[0-9a-f]{64}';
    expect(await listed(runId)).toMatchObject([
      {
        name: 'page.html',
        kind: 'file',
        mediaType: 'text/html',
        bytes: 25,
        stepNo: 2,
        sha256: expect.stringMatching(sha256),
      },
      { name: 'sum.json', kind: 'value', mediaType: 'application/json', stepNo: 1 },
    ]);
    const { body, headers } = await api.get(`/runs/${runId}/outputs/page.html`, { token });
    expect(body).toBe(page);
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toBe('attachment; filename="page.html"');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(page)));
    expect((await listed(runId))[0].sha256).toBe(Buffer.from(digest).toString('hex'));

    const zip = await cloud.app.request(`/api/v1/runs/${runId}/outputs.zip`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(zip.headers.get('content-disposition')).toBe(`attachment; filename="${runId}.zip"`);
    const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    expect(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)])).toEqual([
      ['page.html', page],
      ['sum.json', '{\n  "total": 3\n}'],
    ]);
  });

  it('are refused with a reason that the model reads', async () => {
    const runId = await ran({
      calls: [
        save({ name: '../a', content: 'x' }),
        save({ name: 'a"; filename=b', content: 'x' }),
        save({ name: 'a', content: 'x', value: 1 }),
        save({ name: 'a' }),
        save({ name: 'a', content: 'x', mediaType: 'text/html; charset=utf-8' }),
        save({ name: 'a', value: 1, mediaType: 'text/html' }),
      ],
    });
    expect(await listed(runId)).toEqual([]);
    const { data } = (await api.get(`/runs/${runId}/steps`, { token })).body;
    for (const { state, output } of data[0].toolCalls) {
      expect([state, output]).toEqual([
        'failed',
        expect.stringMatching(/does not fit: (name|content|mediaType)/),
      ]);
    }
  });

  it('are saved with their step or not at all, and told', async () => {
    const { body } = await api.post(
      '/agents',
      { prompt: scriptOf({ calls: [save({ name: 'a.txt', content: 'a' })] }) },
      { token },
    );
    let lost = 0;
    cloud.fetches.intercept = async (service, request, send) => {
      const isCommit = service === 'neon' && (await request.clone().text()).includes('INSERT INTO outputs');
      const response = await send();
      if (!isCommit || lost++ > 0) return response;
      throw new TypeError('the answer was lost');
    };
    expect(await deliverUntilRest(cloud, body.activeRun.id)).toBe('completed');
    expect(lost).toBe(2);
    expect(await listed(body.activeRun.id)).toMatchObject([{ name: 'a.txt', stepNo: 1 }]);
    const told = await cloud.db.query.runEvents.findMany({
      where: (row, { and, eq }) => and(eq(row.runId, body.activeRun.id), eq(row.type, 'output.saved')),
    });
    expect(told).toMatchObject([{ data: { name: 'a.txt', bytes: 1 }, speech: 'Saved a.txt.' }]);
  });

  it('are nothing to strangers', async () => {
    const runId = await ran({ calls: [save({ name: 'a', content: 'x' })] });
    for (const path of ['outputs', 'outputs/a', 'outputs.zip']) {
      expect((await api.get(`/runs/${runId}/${path}`, { token: stranger })).status).toBe(404);
      expect((await api.get(`/runs/${runId}/${path}`)).status).toBe(401);
    }
    expect((await api.get(`/runs/${runId}/outputs/b`, { token })).status).toBe(404);
  });
});
