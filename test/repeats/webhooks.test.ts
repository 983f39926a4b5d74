import { afterAll, describe, expect, it } from 'vitest';
import { openApi } from '../support/api.ts';
import { deliverUntilRest, scriptOf } from '../support/deliver.ts';
import { countMade, type Handed, handOver, holdDeliveries, onGithub } from '../support/webhook.ts';
import { dying } from './dying-worker.ts';

/**
 * GitHub notes a delivery as failed, and it comes again. Its worker dies after each of its outgoing requests in turn. In the end there
 * is what one delivery makes, and nothing of it is missing.
 */

const { cloud, api, token } = await openApi();
await api.post('/triggers', { repository: 'demo/todo-api' }, { token });
await cloud.github.deliveriesSettled();

const demo = (method: string, path: string, body?: object) =>
  onGithub(cloud, 'demo', method, `/repos/demo/todo-api${path}`, body);

/** What GitHub hands over because of something: the one event that counts. */
async function told(name: RegExp, act: () => Promise<unknown>): Promise<Handed> {
  const held = holdDeliveries(cloud);
  await act();
  await cloud.github.deliveriesSettled();
  const found = held.find(({ event, body }) => name.test(`${event} ${body}`));
  if (!found) throw new Error(`nothing was told of ${name}`);
  return found;
}

const LABELLED = /^issues .*"action":"labeled"/;
const COMMENTED = /^issue_comment .*"action":"created"/;

/** An issue with an agent whose run is queued. */
async function begin(title = 'Dying'): Promise<number> {
  let number = 0;
  const labelled = await told(LABELLED, async () => {
    ({ number } = await demo('POST', '/issues', { title, labels: ['cadence'] }));
  });
  await handOver(cloud, labelled);
  return number;
}

const comment = (number: number) =>
  told(COMMENTED, () => demo('POST', `/issues/${number}/comments`, { body: '@cadence more' }));

const newest = async () => (await api.get('/agents?limit=1', { token })).body.data[0];

/** The pull request of an agent that was told to open one, and is at rest; every try has one of its own. */
async function openPull(): Promise<number> {
  const turns = [
    {
      text: 'Now.',
      calls: [{ name: 'write_file', input: { path: `${crypto.randomUUID()}.md`, content: 'x\n' } }],
    },
    { calls: [{ name: 'commit', input: { message: 'Write it' } }] },
    { calls: [{ name: 'open_pull_request', input: { title: 'It', body: 'It' } }] },
    { text: 'Done.' },
  ];
  const prompt = scriptOf(...turns);
  const agent = await api.post('/agents', { prompt, repository: 'demo/todo-api' }, { token });
  const opened = await told(/^pull_request .*"action":"opened"/, () =>
    deliverUntilRest(cloud, agent.body.activeRun.id),
  );
  return JSON.parse(opened.body).pull_request.number;
}

interface Case {
  /** An event that has not been handed over before. */
  prepare(): Promise<Handed>;
  /** What there is more after it. */
  makes: Record<string, number>;
  /** What is true besides. */
  check?(): Promise<void>;
}

const ONE = { deliveries: 1, audited: 1 };

const CASES: Record<string, Case> = {
  'a label': {
    prepare: () => told(LABELLED, () => demo('POST', '/issues', { title: 'New', labels: ['cadence'] })),
    makes: { ...ONE, agents: 1, runs: 1, threads: 1 },
  },
  'a comment that the agent hears': {
    prepare: async () => comment(await begin()),
    makes: { ...ONE, messages: 1 },
  },
  'a comment that an idle agent starts on': {
    prepare: async () => {
      const number = await begin();
      await api.post(`/agents/${(await newest()).id}/cancel`, undefined, { token });
      return comment(number);
    },
    makes: { ...ONE, runs: 1 },
  },
  'the end of an issue': {
    prepare: async () => {
      const number = await begin();
      return told(/^issues .*"action":"closed"/, () =>
        demo('PATCH', `/issues/${number}`, { state: 'closed' }),
      );
    },
    makes: ONE,
    check: async () => expect(await newest()).toMatchObject({ status: 'idle' }),
  },
  'a review of what the API had begun': {
    prepare: async () => {
      const pull = await openPull();
      return told(/^pull_request_review /, () =>
        demo('POST', `/pulls/${pull}/reviews`, { event: 'COMMENT', body: 'Again' }),
      );
    },
    makes: { ...ONE, runs: 1, threads: 1 },
  },
  'a failed check of it': {
    prepare: async () => {
      const pull = await demo('GET', `/pulls/${await openPull()}`);
      return told(/^check_run /, () =>
        cloud.github.reportCheck('demo/todo-api', {
          name: 'test',
          headSha: pull.head.sha,
          conclusion: 'failure',
        }),
      );
    },
    makes: { ...ONE, runs: 1, threads: 1 },
  },
};

async function handOverUntilTaken({ prepare, makes, check }: Case, requests: number): Promise<boolean> {
  const delivery = await prepare();
  const before = await countMade(cloud);
  const first = await dying(cloud.fetches, requests, () => handOver(cloud, delivery));
  const where = `dead after request ${requests}`;
  for (let again = 0; again < 2; again++) {
    expect((await handOver(cloud, delivery)).status, where).toBe(202);
  }
  const after = await countMade(cloud);
  const more = Object.entries(after).filter(([name, n]) => n !== before[name]);
  expect(Object.fromEntries(more.map(([name, n]) => [name, n - (before[name] ?? 0)])), where).toEqual(makes);
  await check?.();
  return first === null;
}

let deaths = 0;
afterAll(() => console.info(`${deaths} deaths of a worker that GitHub had told something`));

describe('a delivery that comes again, whenever its worker died', () => {
  it.each(Object.entries(CASES))('acts once: %s', { timeout: 180_000 }, async (_name, tried) => {
    for (let requests = 0; await handOverUntilTaken(tried, requests); requests++) deaths += 1;
  });
});
