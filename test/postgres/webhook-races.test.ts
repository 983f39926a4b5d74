import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, openCloud } from '../support/cloud.ts';
import { door } from '../support/door.ts';
import { countMade, type Handed, handOver, holdDeliveries, onGithub } from '../support/webhook.ts';
import { openPostgres } from './database.ts';
import { findPostgres } from './server.ts';

const bin = await findPostgres();
if (bin === null) console.warn('Races are not tested: there is no PostgreSQL 15 or newer on this machine.');

const RACERS = 64;
const NOTHING = { agents: 0, runs: 0, messages: 0, threads: 0, deliveries: 0, audited: 0 };

describe.skipIf(bin === null)('64 deliveries of one event at once, on a real PostgreSQL', () => {
  let cloud: Cloud;
  let api: ReturnType<typeof door>;
  let token: string;
  let held: Handed[];
  beforeAll(async () => {
    cloud = await openCloud({ database: await openPostgres(bin ?? '') });
    api = door(cloud.app);
    token = (await cloud.signIn()).accessToken;
    held = holdDeliveries(cloud);
    await api.post('/triggers', { repository: 'demo/todo-api' }, { token });
  });
  afterAll(() => cloud?.close());

  const demo = (method: string, path: string, body?: object) =>
    onGithub(cloud, 'demo', method, `/repos/demo/todo-api${path}`, body);

  /** What GitHub hands over because of something: the event that counts. */
  async function told(name: RegExp, act: () => Promise<unknown>): Promise<Handed> {
    held.length = 0;
    await act();
    await cloud.github.deliveriesSettled();
    const found = held.find(({ event, body }) => name.test(`${event} ${body}`));
    if (!found) throw new Error(`nothing was told of ${name}`);
    return found;
  }

  async function expectMade(deliveries: readonly Handed[], made: object): Promise<string[]> {
    const before = await countMade(cloud);
    const answers = await Promise.all(deliveries.map((delivery) => handOver(cloud, delivery)));
    // Who finds the agent changing may be told to come again, and then does nothing more.
    const again = await Promise.all(deliveries.map((delivery) => handOver(cloud, delivery)));
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set([202]));
    const after = await countMade(cloud);
    const more = Object.keys(NOTHING).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]);
    expect(Object.fromEntries(more)).toEqual({ ...NOTHING, ...made });
    return answers.flatMap(({ outcomes }) => outcomes.map(({ kind }) => kind));
  }

  const copies = (delivery: Handed) => Array<Handed>(RACERS).fill(delivery);
  const LABELLED = /^issues .*"action":"labeled"/;
  const COMMENTED = /^issue_comment .*"action":"created"/;

  it('start one agent, say one thing, and close once', { timeout: 120_000 }, async () => {
    let number = 0;
    const labelled = await told(LABELLED, async () => {
      ({ number } = await demo('POST', '/issues', { title: 'Race', labels: ['cadence'] }));
    });
    await expectMade(copies(labelled), { agents: 1, runs: 1, threads: 1, deliveries: 1, audited: 1 });
    const commented = await told(COMMENTED, () =>
      demo('POST', `/issues/${number}/comments`, { body: '@cadence and that' }),
    );
    await expectMade(copies(commented), { messages: 1, deliveries: 1, audited: 1 });
    const closed = await told(/^issues .*"action":"closed"/, () =>
      demo('PATCH', `/issues/${number}`, { state: 'closed' }),
    );
    await expectMade(copies(closed), { deliveries: 1, audited: 1 });
  });

  it('of a label and of 63 comments start one agent, which hears all others', {
    timeout: 120_000,
  }, async () => {
    held.length = 0;
    const { number } = await demo('POST', '/issues', { title: 'Crowd', labels: ['cadence'] });
    for (let n = 1; n < RACERS; n++)
      await demo('POST', `/issues/${number}/comments`, { body: `@cadence ${n}` });
    await cloud.github.deliveriesSettled();
    const deliveries = held.filter(({ event, body }) =>
      [LABELLED, COMMENTED].some((name) => name.test(`${event} ${body}`)),
    );
    expect(deliveries).toHaveLength(RACERS);
    const kinds = await expectMade(deliveries, {
      agents: 1,
      runs: 1,
      messages: RACERS - 1,
      threads: 1,
      deliveries: RACERS,
      audited: RACERS,
    });
    expect(kinds.filter((kind) => kind === 'started')).toHaveLength(1);
  });
});
