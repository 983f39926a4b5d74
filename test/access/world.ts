import { sql } from 'drizzle-orm';
import { DEFAULT_SETTINGS } from '../../src/domain/triggers/create-trigger.ts';
import { insertServer } from '../../src/store/mcp-servers.ts';
import { insertTrigger } from '../../src/store/triggers.ts';
import { type Cloud, openCloud } from '../support/cloud.ts';
import { deliverUntilRest, scriptOf } from '../support/deliver.ts';
import { door } from '../support/door.ts';
import { openTestIssuer, type TestIssuer, trusting } from '../support/issuer.ts';
import { addUser } from '../support/runs.ts';
import { tokenFor } from '../support/token.ts';

/** What an organisation has, by the names that addresses give it. */
export type Things = Readonly<Record<string, string>>;

interface Team {
  organisationId: string;
  things: Things;
}

export interface AccessWorld {
  cloud: Cloud;
  /** Owner of a team that has one of everything. */
  owner: { token: string; refreshToken: string; userId: string };
  team: Team;
  /** Owner of another team, which has one of everything as well. */
  foreigner: { token: string };
  otherTeam: Team;
  viewer: { token: string };
  exMember: { token: string };
  /** Who signs people in elsewhere and is trusted, and who is not. */
  issuer: TestIssuer;
  untrusted: TestIssuer;
  /** Owner of an organisation of the issuer. */
  outsider: { token: string };
  /** What the issuer calls a guest of that organisation. */
  guest: { token: string; organisationId: string };
}

/** Two teams that know nothing of one another, each with one of everything, and people around the first. */
export async function openAccessWorld(): Promise<AccessWorld> {
  const [issuer, untrusted] = [
    await openTestIssuer(),
    await openTestIssuer({ origin: 'https://untrusted.test' }),
  ];
  const cloud = await openCloud({ env: { AUTH_ISSUERS: trusting(issuer) }, others: { issuer } });
  const signIn = async (login: string) => {
    const { accessToken, refreshToken, user } = await cloud.signIn(login);
    return { token: accessToken, refreshToken, userId: user.id };
  };
  const [owner, foreigner] = [await signIn('demo'), await signIn('octo')];
  const team = await furnish(cloud, owner.token);
  const otherTeam = await furnish(cloud, foreigner.token);
  const viewer = await join(cloud, team.organisationId, 'viewer');
  const exMember = await join(cloud, team.organisationId, 'admin');
  const leaving = `/organisations/${team.organisationId}/members/${exMember.userId}`;
  const left = await door(cloud.app).delete(leaving, { token: exMember.token });
  if (left.status !== 204) throw new Error(`the member did not leave: ${left.status}`);
  const outsider = { token: await issuer.token({ sub: 'boss', org: 'elsewhere', roles: 'boss' }) };
  const guestToken = await issuer.token({ sub: 'guest', org: 'elsewhere', roles: 'guest' });
  const { body: seen } = await door(cloud.app).get('/organisations', { token: guestToken });
  const guest = { token: guestToken, organisationId: seen.data[1].id };
  const people = { owner, foreigner, viewer, exMember, outsider, guest };
  return { cloud, team, otherTeam, issuer, untrusted, ...people };
}

async function join({ db, context }: Cloud, organisationId: string, role: string) {
  const userId = context.newId('user');
  await addUser(db, userId);
  await db.execute(
    sql`INSERT INTO members (organisation_id, user_id, role) VALUES (${organisationId}, ${userId}, ${role})`,
  );
  return { userId, token: await tokenFor(context, userId) };
}

/** A key of a team that may do everything a key may but for one thing, or nothing less. */
export async function keyWithout(world: AccessWorld, scope?: string): Promise<string> {
  const scopes = ['read', 'write', 'approve', 'manage'].filter((candidate) => candidate !== scope);
  const { body } = await door(world.cloud.app).post(
    '/api-keys',
    { name: `All but ${scope}`, scopes },
    { token: world.owner.token, headers: { 'cadence-organisation': world.team.organisationId } },
  );
  return body.key;
}

/** Makes a team and one of everything that an address can name. */
async function furnish(cloud: Cloud, token: string): Promise<Team> {
  const api = door(cloud.app);
  const { body: organisation } = await api.post('/organisations', { name: 'Team' }, { token });
  const organisationId: string = organisation.id;
  const as = { token, headers: { 'cadence-organisation': organisationId } };
  const { body: invitation } = await api.post(
    `/organisations/${organisationId}/invitations`,
    { role: 'viewer' },
    as,
  );
  const { body: apiKey } = await api.post('/api-keys', { name: 'Key', scopes: ['read'] }, as);
  const triggerId = cloud.context.newId('trigger');
  const { body: members } = await api.get(`/organisations/${organisationId}/members`, as);
  const userId: string = members.data[0].userId;
  const at = { repositoryId: 1, repository: 'demo/todo-api', hookId: null };
  await insertTrigger(cloud.db, { ...DEFAULT_SETTINGS, ...at, id: triggerId, organisationId, userId });
  const { body: sessions } = await api.get('/sessions', as);
  const turn = (name: string, input: object) => ({ calls: [{ name, input }] });
  const prompt = scriptOf(
    turn('remember', { key: 'test-command', value: 'npm test' }),
    turn('save_output', { name: 'report.md', content: '# Report' }),
    turn('update_plan', { steps: [{ title: 'Look', status: 'inProgress' }] }),
  );
  const policies = { update_plan: 'ask' };
  const { body: agent } = await api.post('/agents', { prompt, policies }, as);
  const runId: string = agent.activeRun.id;
  await deliverUntilRest(cloud, runId);
  await api.put('/memories/test-command', { value: 'npm test' }, as);
  const { body: message } = await api.post(
    `/agents/${agent.id}/messages`,
    { text: 'Later', deliver: 'afterRun' },
    as,
  );
  const aim = { name: 'Goal', agentId: agent.id, prompt: 'Look' };
  const { body: goal } = await api.post('/goals', aim, as);
  const { body: schedule } = await api.post(`/goals/${goal.id}/schedules`, { cron: '0 8 * * *' }, as);
  const { body: approvals } = await api.get('/approvals', as);
  const { body: endpoint } = await api.post('/webhook-endpoints', { url: 'https://hooks.receiver.dev/' }, as);
  const { body: job } = await api.post(
    '/generate-backend',
    {
      prompt: scriptOf(
        turn('write_file', { path: 'README.md', content: 'Notes' }),
        turn('write_file', { path: 'cut.js', content: '' }),
      ),
    },
    as,
  );
  await deliverUntilRest(cloud, `run_${job.jobId.slice(4)}`);
  const { body: delivery } = await api.post(`/webhook-endpoints/${endpoint.id}/test`, undefined, as);
  const mcpServerId = cloud.context.newId('mcp');
  await insertServer(
    cloud.db,
    {
      organisationId,
      mcpServerId,
      name: 'tracker',
      url: 'https://tracker.receiver.dev/mcp',
      headers: null,
      headerNames: [],
      trustsHints: false,
      offered: { tools: [], leftOut: 0 },
    },
    20,
  );
  const dag = { name: 'Job', nodes: [{ id: 'part', task: 'Hello' }] };
  const { body: execution } = await api.post('/execute-dag', { dag }, as);
  const { body: plan } = await api.post('/create-dag', { goal: 'Plan it', waitSeconds: 0 }, as);
  return {
    organisationId,
    things: {
      planId: plan.id,
      mcpServerId,
      dagId: execution.dagId,
      executionId: execution.id,
      organisationId,
      agentId: agent.id,
      runId,
      messageId: message.id,
      goalId: goal.id,
      scheduleId: schedule.id,
      approvalId: approvals.data[0].id,
      invitationId: invitation.id,
      apiKeyId: apiKey.id,
      triggerId,
      webhookEndpointId: endpoint.id,
      deliveryId: delivery.id,
      userId,
      sessionId: sessions.data[0].id,
      key: 'test-command',
      output: 'report.md',
      jobId: job.jobId,
      path: 'README.md',
    },
  };
}
