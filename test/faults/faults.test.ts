import { afterAll, beforeAll, expect, it } from 'vitest';
import { singleCases } from './cases.ts';
import type { RequestMode } from './fault.ts';
import { planNamed } from './plan.ts';
import type { Simulated } from './simulation.ts';
import { TURNS } from './task.ts';
import { openWorld, type World } from './world.ts';

/** Of all single faults this many are between two that are tried here; `npm run test:faults` tries every one. */
const EVERY = 320;

let world: World;
let course: Simulated;
// The first run loads what is loaded on demand.
beforeAll(async () => {
  world = await openWorld();
  await world.simulate(planNamed('plain'));
  course = await world.simulate(planNamed('plain'));
});
afterAll(() => world.close());

it('does every kind of step once when nothing goes wrong', () => {
  expect(course.wrong).toEqual([]);
});

it('has every other kind of effect once when nothing goes wrong, and waits for all that a run can wait for', async () => {
  expect((await world.simulate(planNamed('effects/plain'))).wrong).toEqual([]);
});

// The answer to what has an effect is lost: on the web, marked and keyed; the comment; the question.
it.each([
  'effects/web2:crashAfter',
  'effects/web2:errorBefore',
  'effects/web3:answerLost',
  'effects/github8:answerLost',
  'effects/github8:errorBefore',
  'effects/neon37:crashAfter',
  'effects/seed89@10',
])('leaves no effect twice, and none that is said to be done undone: %s', async (name) => {
  expect((await world.simulate(planNamed(name))).wrong).toEqual([]);
});

it.each(['budget/plain', 'words/plain'])('comes to its end by way of every wait: %s', async (name) => {
  expect((await world.simulate(planNamed(name))).wrong).toEqual([]);
});

// A worker takes all that was reserved along; limits raised and lowered under the run's hands; what is said is changed or taken back.
it.each([
  'budget/model1:crashAfter',
  'budget/extend@neon13',
  'budget/tighten@neon13:after',
  'words/withdraw@model6',
  'words/withdraw@neon16',
  'words/edit@model4',
  'words/fork@model4',
])('hears what was said last, and spends what it may: %s', async (name) => {
  expect((await world.simulate(planNamed(name))).wrong).toEqual([]);
});

it('pauses when nobody decides for a day, and goes on when it is resumed', async () => {
  const { wrong, tookMs, requests } = await world.simulate(planNamed('words/ignore@model5'));
  expect(wrong).toEqual([]);
  expect(tookMs).toBeGreaterThan(24 * 3_600_000);
  expect(requests.flatMap(({ moves }) => moves)).toContainEqual({
    name: 'sweepRuns',
    from: 'waiting (approval)',
    to: 'paused',
  });
});

it('comes to the same end whatever goes wrong where a commit reaches GitHub and the database', async () => {
  const cases = [/POST .*\/git\/refs$/, /PATCH .*\/git\/refs\//].flatMap((what) => {
    const moved = course.requests.findIndex((request) => what.test(request.what));
    const written = course.requests.findIndex(({ service }, at) => at > moved && service === 'neon');
    return [moved, written].flatMap((at) => faultsAt(at, ['answerLost', 'crashAfter']));
  });
  expect(cases).toHaveLength(8);
  expect(await failures(cases)).toEqual([]);
}, 60_000);

it('comes to the same end after any of a sample of single faults', async () => {
  const cases = singleCases('reference', course, { deep: true }).filter((_, at) => at % EVERY === 0);
  expect(await failures(cases)).toEqual([]);
}, 60_000);

it.each([
  'pause@model4:after',
  'cancel@model4',
  'retry@github13:after',
  'approve@redis26',
  'deny@neon20:after',
  // The claim is read back, and tells of the cancel.
  'cancel@neon5:after+neon4:answerLost',
])('comes to the end that is due when the user acts: %s', async (name) => {
  expect((await world.simulate(planNamed(name))).wrong).toEqual([]);
});

it('takes another turn when a message comes while the last one is under way', async () => {
  expect((await world.simulate(planNamed(`hears${TURNS - 1}`))).wrong).toEqual([]);
});

it.each(['qstash', 'github'] as const)(
  'goes on within 90 s of the return of %s after ten minutes',
  async (service) => {
    const { wrong, tookMs } = await world.simulate(planNamed(`away-${service}@600`));
    expect(wrong).toEqual([]);
    expect(tookMs).toBeGreaterThan(600_000);
  },
  60_000,
);

it('tells a phone that follows of each event within two seconds while Redis is away', async () => {
  const { wrong, latestEventMs } = await world.simulate(planNamed('away-redis@600+follows'));
  expect(wrong).toEqual([]);
  expect(latestEventMs).toBeGreaterThan(0);
});

it('goes the same way whenever it is given the same plan', async () => {
  const plan = planNamed('seed7@25');
  const first = await world.simulate(plan);
  await world.close();
  world = await openWorld();
  await world.simulate(planNamed('plain'));
  const again = await world.simulate(plan);
  expect(again).toEqual(first);
  expect(first.struckAt.length).toBeGreaterThan(10);
}, 60_000);

function faultsAt(at: number, modes: RequestMode[]): string[] {
  const request = course.requests[at];
  return request ? modes.map((mode) => `${request.service}${request.nth}:${mode}`) : [];
}

/** What went wrong, each with the command that repeats it. */
async function failures(cases: string[]): Promise<string[]> {
  const failed: string[] = [];
  for (const name of cases) {
    const { wrong } = await world.simulate(planNamed(name));
    if (wrong.length > 0) failed.push(`npm run test:faults -- --only ${name}: ${wrong.join('; ')}`);
  }
  return failed;
}
