import { afterAll, describe, expect, it } from 'vitest';
import { issueAccessToken } from '../../src/auth/access-token.ts';
import { EXAMPLES } from '../../src/http/examples.ts';
import { keyWithout, openAccessWorld, type Things } from './world.ts';

const world = await openAccessWorld();
const { cloud, owner, team, otherTeam, foreigner, viewer, exMember } = world;
const { issuer, untrusted, outsider, guest } = world;
afterAll(() => cloud.close());

/** Ids of the right shape that nothing has. */
const MISSING: Things = {
  organisationId: 'org_01kb9d3c7pf5wtq2h8n6vx4zzz',
  agentId: 'agent_01kb9d3c7pf5wtq2h8n6vx4zzz',
  runId: 'run_01kb9d3c7pf5wtq2h8n6vx4zzz',
  goalId: 'goal_01kb9d3c7pf5wtq2h8n6vx4zzz',
  scheduleId: 'schedule_01kb9d3c7pf5wtq2h8n6vx4zzz',
  messageId: 'message_01kb9d3c7pf5wtq2h8n6vx4zzz',
  approvalId: 'approval_01kb9d3c7pf5wtq2h8n6vx4zzz',
  triggerId: 'trigger_01kb9d3c7pf5wtq2h8n6vx4zzz',
  dagId: 'dag_01kb9d3c7pf5wtq2h8n6vx4zzz',
  planId: 'run_01kb9d3c7pf5wtq2h8n6vx4zzz',
  executionId: 'execution_01kb9d3c7pf5wtq2h8n6vx4zzz',
  sessionId: 'session_01kb9d3c7pf5wtq2h8n6vx4zzz',
  apiKeyId: 'key_01kb9d3c7pf5wtq2h8n6vx4zzz',
  webhookEndpointId: 'webhook_01kb9d3c7pf5wtq2h8n6vx4zzz',
  deliveryId: 'delivery_01kb9d3c7pf5wtq2h8n6vx4zzz',
  mcpServerId: 'mcp_01kb9d3c7pf5wtq2h8n6vx4zzz',
  invitationId: 'invitation_01kb9d3c7pf5wtq2h8n6vx4zzz',
  userId: 'user_01kb9d3c7pf5wtq2h8n6vx4zzz',
  jobId: 'job_01kb9d3c7pf5wtq2h8n6vx4zzz',
  path: 'nothing.md',
  key: 'nothing',
  output: 'nothing',
};

/** What is called by a name of its own, which both teams have given to something. */
const NAMED_ALIKE: ReadonlySet<string> = new Set(['key', 'output', 'path']);

/** What stands in addresses and belongs to nobody here: GitHub decides about repositories, and everybody has the same tools. */
const NOT_OWNED: Things = { owner: 'demo', name: 'todo-api', provider: 'openai' };
const TOOL: Things = { name: 'edit_file' };

interface Row {
  method: string;
  path: string;
  operationId: string;
  permission: string;
  /** Parameters of the address that name what somebody has. */
  owned: string[];
}

/** One row for every route that asks who is there, from the contracts themselves. */
const rows: Row[] = cloud.app.openAPIRegistry.definitions.flatMap((definition) => {
  if (definition.type !== 'route' || !definition.route.security?.length) return [];
  const { method, path, operationId = '', 'x-permission': permission } = definition.route;
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? '');
  // What a PUT names need not be there: it makes it.
  const owned = names.filter(
    (name) => !Object.hasOwn(NOT_OWNED, name) && !(method === 'put' && name === 'key'),
  );
  return [{ method: method.toUpperCase(), path, operationId, permission: String(permission), owned }];
});

interface Caller {
  token?: string;
  organisationId?: string;
}

let cells = 0;

/** Asks for a route with what stands in its address, and a body that its contract gives as example. */
async function ask(row: Row, things: Things, { token, organisationId }: Caller) {
  cells += 1;
  const address = row.path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const thing = things[name] ?? (row.path.startsWith('/tools') ? TOOL : NOT_OWNED)[name];
    if (thing === undefined) throw new Error(`${row.path}: the matrix does not know what ${name} is`);
    return encodeURIComponent(thing);
  });
  const body = EXAMPLES.requests[row.operationId];
  const response = await cloud.app.request(`/api/v1${address}`, {
    method: row.method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(organisationId === undefined ? {} : { 'cadence-organisation': organisationId }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { status, headers } = response;
  // Nobody on the way keeps what one caller was told for another one.
  expect([row.operationId, headers.get('cache-control')]).toEqual([
    row.operationId,
    expect.stringMatching(/no-store|private/),
  ]);
  const isStream = headers.get('content-type')?.startsWith('text/event-stream');
  const text = isStream ? '' : await response.text();
  if (isStream) await response.body?.cancel();
  return { status, text, headers: Object.fromEntries(headers) };
}
type Answer = Awaited<ReturnType<typeof ask>>;

const codeOf = ({ status, text }: Answer) => {
  const parsed: { code?: string } = text.startsWith('{') ? JSON.parse(text) : {};
  return `${status} ${parsed.code ?? ''}`;
};

/** An answer but for what is of this one request. */
function alike({ status, text, headers }: Answer) {
  const {
    'x-request-id': id = '',
    'ratelimit-remaining': _left,
    'ratelimit-reset': _reset,
    ...rest
  } = headers;
  return { status, text: text.replaceAll(id, ''), headers: rest };
}

const authority = { issuer: 'https://cadence.test', secret: 'a secret of thirty-two characters' };
const issue = (now: Date, issuer = authority.issuer, userId = owner.userId) =>
  issueAccessToken({ ...authority, issuer }, { userId, sessionId: 'session_none', tokenId: 'token_1' }, now);
const yesterday = Math.floor(Date.now() / 1000) - 86_400;
const boss = { sub: 'boss', org: 'elsewhere', roles: 'boss' };
const [expired, ofAnother, ofNoSession, forOthers, notTrusted, expiredThere] = await Promise.all([
  issue(new Date(yesterday * 1000)),
  issue(new Date(), 'https://elsewhere.test'),
  issue(new Date()),
  issuer.token({ ...boss, aud: 'https://api.elsewhere.test' }),
  untrusted.token(boss),
  issuer.token({ ...boss, iat: yesterday, exp: yesterday + 300 }),
]);

/** Who is not let in anywhere, and what they are told. */
const STRANGERS: [who: string, caller: Caller, told: string][] = [
  ['no token', {}, '401 accessTokenMissing'],
  ['an expired token', { token: expired }, '401 accessTokenExpired'],
  ['a token of another deployment', { token: ofAnother }, '401 accessTokenInvalid'],
  ['a token of a session that is over', { token: ofNoSession }, '401 sessionEnded'],
  ['a refresh token', { token: owner.refreshToken }, '401 accessTokenInvalid'],
  ['a token of a trusted issuer for another audience', { token: forOthers }, '401 accessTokenInvalid'],
  ['a token of an issuer that is not trusted', { token: notTrusted }, '401 accessTokenInvalid'],
  ['an expired token of a trusted issuer', { token: expiredThere }, '401 accessTokenExpired'],
];

describe('the access matrix', { timeout: 60_000 }, () => {
  it('has a row for every route that is not open to all, with the permission that it needs', () => {
    expect(rows.length).toBeGreaterThan(40);
    const permissions = ['read', 'write', 'approve', 'manage', 'own', 'account'];
    expect(rows.filter(({ permission }) => !permissions.includes(permission))).toEqual([]);
  });

  it.each(STRANGERS)('lets nobody in with %s', async (_, caller, told) => {
    for (const row of rows) {
      expect([row.operationId, codeOf(await ask(row, team.things, caller))]).toEqual([row.operationId, told]);
    }
  });

  it('answers members of no organisation, and of another, as if it were not there', async () => {
    const inHeader = (organisationId: string) => ({ organisationId });
    for (const row of rows) {
      const isNamed = row.owned.includes('organisationId');
      const [named, missing] = isNamed ? [{}, {}] : [inHeader(team.organisationId), inHeader('org_nothing')];
      const unknown = alike(await ask(row, MISSING, { token: foreigner.token, ...missing }));
      expect([row.operationId, unknown.status]).toEqual([row.operationId, 404]);
      for (const { token } of [foreigner, exMember, outsider]) {
        expect(alike(await ask(row, team.things, { token, ...named }))).toEqual(unknown);
      }
    }
  });

  it('answers for what belongs to others as for what is not there', async () => {
    for (const row of rows.filter(({ owned }) => owned.length > 0)) {
      for (const { token } of [foreigner, outsider]) {
        const missing = alike(await ask(row, MISSING, { token }));
        expect([row.operationId, missing.status]).toEqual([row.operationId, 404]);
        expect(alike(await ask(row, team.things, { token }))).toEqual(missing);
      }
    }
  });

  it('answers for what belongs to others, under what is one’s own, as for what is not there', async () => {
    for (const row of rows.filter(({ owned }) => owned.length > 1)) {
      const [first = '', ...nested] = row.owned;
      const caller = {
        token: foreigner.token,
        ...(first === 'organisationId' ? {} : { organisationId: otherTeam.organisationId }),
      };
      const own = { [first]: otherTeam.things[first] ?? '' };
      for (const name of nested.filter((candidate) => !NAMED_ALIKE.has(candidate))) {
        const missing = await ask(row, { ...MISSING, ...own, [name]: MISSING[name] ?? '' }, caller);
        const foreign = await ask(row, { ...MISSING, ...own, [name]: team.things[name] ?? '' }, caller);
        expect([row.operationId, missing.status]).toEqual([row.operationId, 404]);
        expect(alike(foreign)).toEqual(alike(missing));
      }
    }
  });

  it('lets no key do what it has no scope for, and none handle an account or the organisation itself', async () => {
    const keys = new Map<string, string>();
    for (const scope of ['read', 'write', 'approve', 'manage'])
      keys.set(scope, await keyWithout(world, scope));
    const most = await keyWithout(world);
    for (const row of rows) {
      const token = keys.get(row.permission) ?? most;
      const code = codeOf(await ask(row, team.things, { token }));
      expect([row.operationId, code]).toEqual([row.operationId, '403 permissionMissing']);
    }
  });

  it('answers a key for another organisation than its own as if there were none', async () => {
    const token = await keyWithout(world);
    for (const row of rows) {
      const isNamed = row.owned.includes('organisationId');
      const caller = { token, ...(isNamed ? {} : { organisationId: otherTeam.organisationId }) };
      expect([row.operationId, codeOf(await ask(row, otherTeam.things, caller))]).toEqual([
        row.operationId,
        '404 notFound',
      ]);
    }
  });

  it('lets whom an issuer calls a viewer look, and do nothing else', async () => {
    for (const row of rows) {
      const things = { ...MISSING, organisationId: guest.organisationId };
      const code = codeOf(await ask(row, things, { token: guest.token }));
      const may = row.permission === 'read' || row.permission === 'account';
      const told = expect([row.operationId, code]);
      if (may) told.not.toEqual([row.operationId, expect.stringMatching(/^401|permissionMissing/)]);
      else told.toEqual([row.operationId, '403 permissionMissing']);
      const namesNothing = row.owned.every((name) => name === 'organisationId');
      if (row.permission === 'read' && namesNothing)
        expect([row.operationId, code[0]]).toEqual([row.operationId, '2']);
    }
  });

  it('lets a viewer look, and do nothing else', async () => {
    // Who signs out everywhere is let in nowhere after that.
    const isLast = ({ operationId }: Row) => Number(operationId === 'endSessions');
    for (const row of rows.toSorted((a, b) => isLast(a) - isLast(b))) {
      const isNamed = row.owned.includes('organisationId');
      const caller = { token: viewer.token, ...(isNamed ? {} : { organisationId: team.organisationId }) };
      // What is one's own account is asked with ids of nobody, so that the viewer is still there for the next row.
      const things =
        row.permission === 'account' ? { ...team.things, userId: MISSING.userId ?? '' } : team.things;
      const code = codeOf(await ask(row, things, caller));
      const may = row.permission === 'read' || row.permission === 'account';
      if (may) expect([row.operationId, code]).not.toEqual([row.operationId, '403 permissionMissing']);
      else expect([row.operationId, code]).toEqual([row.operationId, '403 permissionMissing']);
      if (row.permission === 'read') expect([row.operationId, code[0]]).toEqual([row.operationId, '2']);
    }
    console.log(`access matrix: ${rows.length} routes, ${cells} cells`);
  });
});
