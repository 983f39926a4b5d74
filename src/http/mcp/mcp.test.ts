import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';
import { deliverUntilRest, scriptOf } from '../../../test/support/deliver.ts';
import { PROTOCOL_VERSIONS } from '../routes/mcp.ts';
import { MCP_TOOLS } from './catalog.ts';

const { cloud, api, token, stranger } = await openApi({ env: { CORS_ORIGINS: 'https://inspector.test' } });
const MCP = new URL('https://cadence.test/mcp');
const opened: Client[] = [];
afterEach(() => Promise.all(opened.splice(0).map((client) => client.close())));

/** The SDK's own client, which reaches the app through `fetch` as it would over the net. */
async function connect(bearer = token, headers: Record<string, string> = {}) {
  const client = new Client({ name: 'assistant', version: '1.0.0' });
  const requestInit = { headers: { authorization: `Bearer ${bearer}`, ...headers } };
  await client.connect(new StreamableHTTPClientTransport(MCP, { requestInit }));
  opened.push(client);
  return client;
}

// biome-ignore lint/suspicious/noExplicitAny: what a tool answered; each test looks at its own fields
type Result = any;

async function use(client: Client, name: string, args: object = {}): Promise<Result> {
  const { content, structuredContent, isError } = await client.callTool({ name, arguments: { ...args } });
  expect(content).toEqual([{ type: 'text', text: JSON.stringify(structuredContent) }]);
  return isError ? { refused: structuredContent } : structuredContent;
}

const say = (text: string) => ({ say: text, calls: [] });
const post = (body: unknown, headers: Record<string, string> = {}) =>
  api.post('/mcp', body, { token, headers });
const PING = { jsonrpc: '2.0', id: 7, method: 'ping' };

describe('Cadence as an MCP server', () => {
  it('speaks the versions that the SDK speaks', () => {
    expect([...PROTOCOL_VERSIONS].toSorted()).toEqual(SUPPORTED_PROTOCOL_VERSIONS.toSorted());
  });

  it('introduces itself, and says of each tool what it takes and does', async () => {
    const client = await connect();
    expect(client.getServerVersion()).toMatchObject({ name: 'cadence' });
    expect(client.getInstructions()).toContain('follow_run');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(MCP_TOOLS.map(({ name }) => name));
    const hints = Object.fromEntries(tools.map(({ name, annotations }) => [name, annotations]));
    expect(hints.follow_run).toMatchObject({ readOnlyHint: true });
    expect(hints.create_agent).toMatchObject({ readOnlyHint: false, idempotentHint: false });
    expect(hints.pause_run).toMatchObject({ idempotentHint: true, destructiveHint: false });
    expect(hints.decide_approval).toMatchObject({ destructiveHint: true });
    for (const { inputSchema } of tools) expect(inputSchema).toMatchObject({ additionalProperties: false });
  });

  it('takes a task from its prompt over an approval to its diff', async () => {
    const client = await connect();
    const { data: repositories } = await use(client, 'list_repositories');
    expect(repositories[0].fullName).toBe('demo/todo-api');
    const agent = await use(client, 'create_agent', {
      repository: 'demo/todo-api',
      prompt: 'Add a DELETE /todos/:id endpoint with a test',
      policies: { commit: 'ask' },
    });
    const runId: string = agent.activeRun.id;
    await deliverUntilRest(cloud, runId);
    const news = await use(client, 'follow_run', { runId });
    expect(news.events.at(-1)).toMatchObject({ type: 'run.waiting' });
    expect(news.run).toMatchObject({ status: 'waiting', waitingFor: 'approval' });

    const { data } = await use(client, 'list_approvals');
    expect(data).toMatchObject([{ runId, tool: 'commit', state: 'pending' }]);
    const { id: approvalId, argumentsSha256 } = data[0];
    const decided = await use(client, 'decide_approval', { approvalId, decision: 'allow', argumentsSha256 });
    expect(decided.state).toBe('allowed');
    await deliverUntilRest(cloud, runId);

    const rest = await use(client, 'follow_run', { runId, after: news.cursor });
    expect(rest.events[0].seq).toBe(news.cursor + 1);
    expect(rest.run.finishedAt).not.toBeNull();
    expect((await use(client, 'get_run', { runId })).result.pullRequest.number).toBe(1);
    const { diff, isComplete } = await use(client, 'get_diff', { runId });
    expect([diff.includes("+    { method: 'DELETE'"), isComplete]).toEqual([true, true]);
    expect((await use(client, 'list_agents')).data[0]).toMatchObject({ id: agent.id, status: 'idle' });
    expect((await use(client, 'list_runs', { agentId: agent.id })).data).toHaveLength(1);
  });

  it('waits for news, and tells them as soon as there are any', async () => {
    const client = await connect();
    const agent = await use(client, 'create_agent', { prompt: scriptOf(say('Done.')) });
    const runId: string = agent.activeRun.id;
    const { cursor } = await use(client, 'follow_run', { runId });
    const quiet = await use(client, 'follow_run', { runId, after: cursor, waitSeconds: 0 });
    expect(quiet).toMatchObject({ events: [], cursor, run: { status: 'queued' } });
    const [news] = await Promise.all([
      use(client, 'follow_run', { runId, after: cursor }),
      use(client, 'pause_run', { runId }),
    ]);
    expect(news.events.map(({ type }: { type: string }) => type)).toEqual(['run.paused']);
    expect(await use(client, 'resume_run', { runId })).toMatchObject({ status: 'queued' });
    expect(await use(client, 'cancel_run', { runId })).toMatchObject({ status: 'cancelled' });
  });

  it('carries messages to agents: one starts a run, the next joins it', async () => {
    const client = await connect();
    const { id: agentId } = await use(client, 'create_agent', { name: 'Idle' });
    const { run } = await use(client, 'send_message', { agentId, text: 'Begin' });
    expect(run).toMatchObject({ agentId, status: 'queued' });
    const { queued } = await use(client, 'send_message', { agentId, text: 'And then this' });
    expect(queued).toMatchObject({ runId: run.id, seq: 1 });
    expect(await use(client, 'get_agent', { agentId })).toMatchObject({ activeRun: { id: run.id } });
  });

  it('makes the same once when the same message comes again under its key', async () => {
    const call = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'create_agent', arguments: { name: 'Once' } },
    };
    const headers = { 'idempotency-key': 'mcp-once' };
    const [first, again] = [await post(call, headers), await post(call, headers)];
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
  });
});

describe('what a tool refuses', () => {
  it('is a result with the code of the route, naming the argument', async () => {
    const client = await connect();
    expect(await use(client, 'get_run', { runId: 'run_none' })).toMatchObject({
      refused: { code: 'notFound', status: 404 },
    });
    expect((await use(client, 'create_agent', { colour: 'red', maxSteps: 0 })).refused).toMatchObject({
      code: 'validationFailed',
      errors: expect.arrayContaining([expect.objectContaining({ field: 'arguments.colour' })]),
    });
    const { refused } = await use(client, 'create_agent', { tools: ['no_such_tool'] });
    expect(refused.errors[0].field).toMatch(/^arguments\.tools/);
    expect(refused.detail).toContain('arguments.tools');
    await expect(client.callTool({ name: 'no_such_tool' })).rejects.toThrow('There is no tool');
  });

  it('is what belongs to others, as if it were not there', async () => {
    const agent = await use(await connect(), 'create_agent', { prompt: 'Hello' });
    const { runId, agentId } = { runId: agent.activeRun.id, agentId: agent.id };
    const other = await connect(stranger);
    const calls: [string, object][] = [
      ['get_agent', { agentId }],
      ['send_message', { agentId, text: 'Hello' }],
      ['get_run', { runId }],
      ['follow_run', { runId, waitSeconds: 0 }],
      ['get_diff', { runId }],
      ...['pause_run', 'resume_run', 'cancel_run'].map((name): [string, object] => [name, { runId }]),
      ['decide_approval', { approvalId: 'approval_none', decision: 'allow' }],
    ];
    for (const [name, args] of calls) {
      expect([name, (await use(other, name, args)).refused?.code]).toEqual([name, 'notFound']);
    }
    expect((await use(other, 'list_runs', { agentId })).data).toEqual([]);
    expect((await use(other, 'list_agents')).data).toEqual([]);
  });

  it('is what the scopes of a key leave out, tool by tool', async () => {
    const { body } = await api.post('/api-keys', { name: 'Looks', scopes: ['read'] }, { token });
    const client = await connect(body.key);
    for (const { name, permission } of MCP_TOOLS) {
      const { refused } = await use(client, name, {});
      if (permission === 'read') expect([name, refused?.code]).not.toEqual([name, 'permissionMissing']);
      else expect([name, refused?.code]).toEqual([name, 'permissionMissing']);
    }
  });

  it('is put down with what was done, and what was only looked at is not', async () => {
    const { body: team } = await api.post('/organisations', { name: 'Team' }, { token });
    const headers = { 'cadence-organisation': team.id };
    const client = await connect(token, headers);
    const agent = await use(client, 'create_agent', { name: 'Noted' });
    await use(client, 'list_agents');
    await use(client, 'get_agent', { agentId: agent.id });
    await use(client, 'cancel_run', { runId: 'run_none' });
    const { body } = await api.get('/audit-log', { token, headers });
    const entries = body.data.filter(({ action }: { action: string }) => action === 'POST /api/v1/mcp');
    expect(entries).toMatchObject([{ object: { tool: 'create_agent', created: agent.id }, status: 200 }]);
  });
});

describe('the address of the MCP server', () => {
  it('lets nobody in without a token', async () => {
    const { status, body } = await api.post('/mcp', PING);
    expect([status, body.code]).toEqual([401, 'accessTokenMissing']);
    await expect(connect('cad_nothing')).rejects.toThrow();
  });

  it('takes a message without a session, and a notification without an answer', async () => {
    expect((await post(PING)).body).toEqual({ jsonrpc: '2.0', id: 7, result: {} });
    expect((await post({ jsonrpc: '2.0', method: 'notifications/initialized' })).status).toBe(202);
    expect((await post({ ...PING, method: 'no/such' })).body.error.code).toBe(-32601);
  });

  it.each(['GET', 'DELETE', 'PUT'])('has nothing to %s', async (method) => {
    const response = await cloud.app.request('/mcp', { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await response.json()).toMatchObject({ code: 'methodNotAllowed' });
  });

  it.each([
    [[PING]],
    [{ ...PING, jsonrpc: '1.0' }],
    [{ jsonrpc: '2.0', id: 7, result: {} }],
    [{ ...PING, id: null }],
    [{ ...PING, params: { _meta: 'x' } }],
  ])('refuses %j', async (message) => {
    expect((await post(message)).status).toBe(400);
  });

  it('refuses a version of the protocol that nobody speaks', async () => {
    const { status, body } = await post(PING, { 'mcp-protocol-version': '1999-01-01' });
    expect([status, body.errors[0].field]).toEqual([400, 'header.mcp-protocol-version']);
    expect((await post(PING, { 'mcp-protocol-version': '2025-06-18' })).status).toBe(200);
  });

  it('answers pages of its own origin and of those that the deployment names, and no others', async () => {
    const from = async (origin: string) => (await post(PING, { origin })).status;
    expect(await from('https://cadence.test')).toBe(200);
    expect(await from('https://inspector.test')).toBe(200);
    for (const origin of [
      'https://evil.test',
      'null',
      'http://cadence.test',
      'https://cadence.test.evil.test',
    ])
      expect(await from(origin)).toBe(403);
  });
});
