import { beforeEach, describe, expect, it } from 'vitest';
import { openApi } from '../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../test/support/deliver.ts';

const { cloud, api, token, stranger } = await openApi({ env: { OPENAI_API_KEY: '' } });

const OWN_KEY = 'a-key-of-demo-alone';
const { body: team } = await api.post('/organisations', { name: 'Team' }, { token: stranger });
const at = `/organisations/${team.id}`;
const { body: me } = await api.get('/auth/me', { token });
const here = { 'cadence-organisation': String(team.id) };

async function join(): Promise<void> {
  const invitation = await api.post(`${at}/invitations`, { role: 'member' }, { token: stranger });
  const joined = await api.post('/invitations/accept', { token: invitation.body.token }, { token });
  expect(joined.status).toBe(200);
}
const dismiss = () => api.delete(`${at}/members/${me.id}`, { token: stranger });
async function begin(agent: object): Promise<string> {
  const { body } = await api.post('/agents', agent, { token, headers: here });
  return String(body.activeRun.id);
}
const errorOf = async (runId: string) => {
  const { body } = await api.get(`/runs/${runId}`, { token: stranger, headers: here });
  return body.error?.code;
};

/** What was sent with a credential, and to whom. */
const sent: string[] = [];
beforeEach(() => {
  sent.splice(0);
  cloud.fetches.intercept = (service, request, send) => {
    const credential = request.headers.get('authorization');
    if (service === 'github' && credential !== null) sent.push('github');
    if (service === 'chat' && credential !== null) sent.push(credential);
    return send();
  };
});

describe('a run whose maker has left its organisation', () => {
  it('does not work on GitHub as them any more', async () => {
    await join();
    const read = { calls: [{ name: 'read_file', input: { path: 'README.md' } }] };
    const runId = await begin({ repository: 'demo/todo-api', prompt: scriptOf(read, { text: 'Read.' }) });
    expect((await dismiss()).status).toBe(204);
    sent.splice(0);
    expect(await deliverUntilRest(cloud, runId)).toBe('failed');
    expect([await errorOf(runId), sent]).toEqual(['accessLost', []]);
  });

  it('is not paid with their key any more', async () => {
    await join();
    await api.put('/provider-keys/openai', { key: OWN_KEY }, { token });
    const agent = { provider: 'openai', prompt: scriptOf({ text: 'Hello.' }) };
    const runId = await begin(agent);
    expect((await dismiss()).status).toBe(204);
    expect(await deliverUntilRest(cloud, runId)).toBe('failed');
    expect(sent).toEqual([]);
  });
});
