import { sql } from 'drizzle-orm';
import { tokenFor } from '../../support/token.ts';
import type { Flow } from './world.ts';

/** What is wrong with a request, whatever it asks for. */
export const refusals: Flow = async ({ call, cloud, userId }) => {
  await call('createAgent', { body: '{"name": ' });
  await call('createAgent', { body: { repository: 'todo-api', colour: 'red' } });
  await call('createAgent', { body: 'name=x', headers: { 'content-type': 'text/plain' } });
  await call('createAgent', { body: { name: 'x' }, headers: { 'content-encoding': 'gzip' } });
  await call('createAgent', { body: { instructions: 'x'.repeat(1_100_000) } });
  await call('getAgent', { path: { agentId: 'agent_none' } });
  await call('getUser', { token: null });
  await call('getUser', { token: 'eyJhbGciOiJub25lIn0.e30.' });
  const longAgo = () => new Date(Date.now() - 86_400_000);
  await call('getUser', { token: await tokenFor({ ...cloud.context, now: longAgo }, userId) });
};

/** What an organisation's viewer may not do, and what nobody may do too often. */
export const limits: Flow = async ({ call, cloud }) => {
  await cloud.db.execute(sql`UPDATE members SET role = 'viewer'`);
  await call('createAgent', { body: {} });
  await cloud.db.execute(sql`UPDATE members SET role = 'owner'`);
  await cloud.db.execute(sql`UPDATE rate_limits SET used = 1000000`);
  await call('listAgents');
  await cloud.db.execute(sql`DELETE FROM rate_limits`);
};

/** What nobody may say too much of in a day. */
export const talkative: Flow = async ({ call, cloud }) => {
  await call('getMessageLimit');
  const { settings } = cloud.context;
  settings.dailyMessageLimit = 1;
  for (let message = 0; message < 2; message++) await call('createAgent', { body: { prompt: 'Hello' } });
  settings.dailyMessageLimit = null;
};

/** A key that comes again with something else, and one whose request is still under way. */
export const repeats: Flow = async ({ call, cloud }) => {
  const headers = { 'idempotency-key': 'key-1' };
  await call('createAgent', { body: { name: 'One' }, headers });
  await call('createAgent', { body: { name: 'Two' }, headers });
  const slow = {
    body: { name: 'Slow', repository: 'demo/todo-api' },
    headers: { 'idempotency-key': 'key-2' },
  };
  let again: Promise<unknown> | undefined;
  cloud.fetches.intercept = async (service, _request, send) => {
    if (service !== 'github') return send();
    again ??= call('createAgent', slow);
    await again;
    return send();
  };
  await call('createAgent', slow);
  cloud.fetches.intercept = (_service, _request, send) => send();
};

/** What is wrong with those behind us. */
export const outages: Flow = async ({ call, cloud }) => {
  const answerOf = (service: string, answer: () => Response) => {
    cloud.fetches.intercept = async (asked, _request, send) => (asked === service ? answer() : send());
  };
  const refused = (status: number) => () => Response.json({ message: 'No.' }, { status });
  answerOf('github', refused(401));
  await call('listRepositories');
  answerOf('github', refused(403));
  await call('listRepositories');
  answerOf('github', refused(502));
  await call('listRepositories');
  await call('getReadiness');
  await call('getHealthReadiness');
  answerOf('neon', () => {
    throw new TypeError('the connection was lost');
  });
  await call('listRuns');
  answerOf('neon', () =>
    Response.json({ message: 'out of order', code: 'XX000', severity: 'ERROR' }, { status: 400 }),
  );
  await call('listRuns');
  cloud.fetches.intercept = (_service, _request, send) => send();
};

/** What the API says of itself. */
export const about: Flow = async ({ call }) => {
  await call('getContract', { token: null });
  await call('getHealth', { token: null });
  await call('getReadiness', { token: null });
  await call('getHealthReadiness', { token: null });
  await call('listTools');
  await call('getTool', { path: { name: 'commit' } });
  const { headers } = await call('listRepositories');
  await call('listRepositories', { headers: { 'if-none-match': headers.get('etag') ?? '' } });
};
