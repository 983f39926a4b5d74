import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { TRACKER_ORIGIN, trackerServer } from '../../../test/support/mcp-server.ts';

const tracker = trackerServer();
const { cloud, api, token, stranger } = await openApi({
  others: { tracker: { origin: TRACKER_ORIGIN, handle: (request) => tracker.handle(request) } },
});
const HEADERS = { Authorization: 'Bearer tracker-secret' };
const NEW = { name: 'tracker', url: `${TRACKER_ORIGIN}/mcp`, headers: HEADERS };
beforeEach(async () => {
  await cloud.db.execute(sql`DELETE FROM mcp_servers`);
  delete tracker.pageSize;
  delete tracker.json;
});

const post = (path: string, body?: unknown) => api.post(path, body, { token });
const create = async (changes: object = {}) => (await post('/mcp-servers', { ...NEW, ...changes })).body;
const codeOf = ({ status, body }: { status: number; body: { code: string } }) => `${status} ${body.code}`;

describe('POST /mcp-servers', () => {
  it.each([false, true])('asks the server what it offers, page by page (as JSON: %s)', async (json) => {
    tracker.pageSize = 1;
    tracker.json = json;
    const server = await create();
    expect(server).toMatchObject({ name: 'tracker', headerNames: ['Authorization'], toolCount: 3 });
    const { body } = await api.get(`/mcp-servers/${server.id}/tools`, { token });
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual([
      'mcp__tracker__create_ticket',
      'mcp__tracker__list_tickets',
      expect.stringMatching(/^mcp__tracker__delete_everything_[0-9a-f]{8}$/),
    ]);
    expect(body.data[0]).toMatchObject({
      remoteName: 'create_ticket',
      inputSchema: { type: 'object', required: ['title'] },
    });
    expect(body.leftOut).toBe(0);
  });

  it('never shows a header, and keeps it sealed in its row and no other', async () => {
    const server = await create();
    for (const path of [`/mcp-servers/${server.id}`, '/mcp-servers', `/mcp-servers/${server.id}/tools`]) {
      expect(JSON.stringify((await api.get(path, { token })).body)).not.toContain('tracker-secret');
    }
    const rows = await cloud.db.execute(sql`SELECT headers FROM mcp_servers`);
    expect(JSON.stringify(rows)).not.toContain('tracker-secret');
    const other = await create({ name: 'other' });
    await cloud.db.execute(
      sql`UPDATE mcp_servers SET headers = (SELECT headers FROM mcp_servers WHERE id = ${server.id}) WHERE id = ${other.id}`,
    );
    expect(codeOf(await post(`/mcp-servers/${other.id}/refresh`))).toBe('422 mcpServerFailed');
    expect((await post(`/mcp-servers/${server.id}/refresh`)).status).toBe(200);
  });

  it.each([
    ['url', { url: 'http://tracker.receiver.dev/mcp' }],
    ['url', { url: 'https://127.0.0.1/mcp' }],
    ['url', { url: 'https://tracker.internal/mcp' }],
    ['headers', { headers: { Host: 'elsewhere' } }],
    ['headers', { headers: { 'Mcp-Session-Id': '1' } }],
    ['headers', { headers: { 'X-Key': 'a\nb' } }],
    ['name', { name: 'My Tracker' }],
    ['name', { name: 'a--b' }],
  ])('refuses a bad %s: %j', async (field, changes) => {
    const { status, body } = await post('/mcp-servers', { ...NEW, ...changes });
    expect([status, body.errors[0].field]).toEqual([400, `body.${field}`]);
  });

  it('keeps nothing of a server that does not let us in, leads elsewhere, or talks without end', async () => {
    expect(codeOf(await post('/mcp-servers', { ...NEW, headers: {} }))).toBe('422 mcpServerFailed');
    const answers: (() => Response)[] = [
      () => Response.redirect('https://elsewhere.receiver.dev/', 307),
      () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
      () => new Response('x'.repeat(2_000_000), { headers: { 'content-type': 'application/json' } }),
      () => new Response(null, { status: 503 }),
    ];
    for (const answer of answers) {
      cloud.fetches.intercept = async (service, _request, send) =>
        service === 'tracker' ? answer() : send();
      expect(codeOf(await post('/mcp-servers', NEW))).toBe('422 mcpServerFailed');
    }
    expect((await api.get('/mcp-servers', { token })).body.data).toEqual([]);
  });

  it('takes a name once in an organisation', async () => {
    await create();
    expect(codeOf(await post('/mcp-servers', NEW))).toBe('409 mcpServerExists');
    expect((await api.get('/mcp-servers', { token: stranger })).body.data).toEqual([]);
  });
});

describe('PATCH /mcp-servers/:id', () => {
  const patch = (id: string, body: object) => api.patch(`/mcp-servers/${id}`, body, { token });

  it('sends no header to another origin unless it is given anew', async () => {
    const { id } = await create();
    const { status, body } = await patch(id, { url: 'https://thief.receiver.dev/mcp' });
    expect([status, body.errors[0].field]).toEqual([400, 'body.headers']);
    expect((await patch(id, { url: `${TRACKER_ORIGIN}/other` })).body.url).toBe(`${TRACKER_ORIGIN}/other`);
    expect(codeOf(await patch(id, { headers: null }))).toBe('422 mcpServerFailed');
    expect((await patch(id, { trustsHints: true })).body).toMatchObject({
      trustsHints: true,
      headerNames: ['Authorization'],
    });
  });
});

describe('POST /mcp-servers/:id/refresh', () => {
  it('learns what the server offers by now', async () => {
    const { id } = await create();
    tracker.offer('close_ticket', true);
    expect((await post(`/mcp-servers/${id}/refresh`)).body.toolCount).toBe(4);
    tracker.offer('close_ticket', false);
    expect((await post(`/mcp-servers/${id}/refresh`)).body.toolCount).toBe(3);
  });
});

describe('an agent', () => {
  it('names servers of its organisation, and loses one that is removed', async () => {
    const { id } = await create();
    const { body: agent } = await post('/agents', { name: 'With tools', mcpServers: [id, id] });
    expect(agent.mcpServers).toEqual([id]);
    const { body: foreign } = await api.post('/agents', { mcpServers: [id] }, { token: stranger });
    expect(foreign.errors[0].field).toBe('body.mcpServers.0');
    const policies = { mcp__tracker__create_ticket: 'always' };
    const changed = await api.patch(`/agents/${agent.id}`, { policies }, { token });
    expect(changed.body.policies).toEqual(policies);
    expect((await api.delete(`/mcp-servers/${id}`, { token })).status).toBe(204);
    expect((await api.get(`/agents/${agent.id}`, { token })).body.mcpServers).toEqual([]);
  });
});
