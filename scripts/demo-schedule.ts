import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ApiClient } from '../src/local/client/api.ts';
import { readRun } from '../src/local/client/runs.ts';
import { openSession } from '../src/local/client/session.ts';
import { LocalCloudError } from '../src/local/cloud/local-cloud-error.ts';
import { field } from '../src/local/terminal/columns.ts';
import { demo } from './support/demo.ts';
import { showRun } from './support/show-run.ts';

const REPOSITORY = 'demo/todo-api';
/** The next minute, and what a queue on a busy machine may take. */
const LONGEST_WAIT_MS = 80_000;

const made = z.object({ id: z.string() });
const scheduleSchema = made.extend({
  cron: z.string(),
  timeZone: z.string(),
  nextFireTimes: z.array(z.string()),
});
const slotSchema = z.object({
  slotAt: z.string(),
  firedAt: z.string(),
  outcome: z.string(),
  runId: z.string().nullable(),
});
const listOf = <Item extends z.ZodType>(item: Item) => z.object({ data: z.array(item) });

/**
 * Boots everything, has a goal run at the next minute by a schedule, and shows what comes of it. The exit code is 0 when that started
 * one run, and it completed with a pull request.
 */
await demo('a run that starts by itself', async ({ url }, style, signal) => {
  const api = await openSession(url, 'demo');
  const { goalId, path, schedule } = await plan(api);
  console.log(`\n${field('Goal', 'Add a {{method}} /todos/:id endpoint with a test')}`);
  console.log(field('Schedule', `${schedule.cron} (${schedule.timeZone})`));
  for (const [at, time] of schedule.nextFireTimes.entries()) console.log(field(at === 0 ? 'Next' : '', time));

  const runId = await waitForRun(api, goalId, signal);
  // Once is enough to look at.
  await api.send('POST', `${path}/pause`);
  await showRun(api, runId, style, signal);
  const run = await readRun(api, runId);
  const { data: slots } = await api.json(listOf(slotSchema), 'GET', `${path}/slots`);
  console.log(`\n  ${style.bold('Slots')}`);
  for (const slot of slots)
    console.log(field(slot.outcome, `${slot.slotAt}, fired at ${slot.firedAt}: ${slot.runId}`));
  const { pullRequest } = run.result;
  if (pullRequest) console.log(`\n${field('Pull request', `#${pullRequest.number} ${pullRequest.title}`)}\n`);
  if (run.status === 'completed' && pullRequest && slots.length === 1) return 0;
  console.error(style.bad(`  The run is ${run.status}, of ${slots.length} slots.`));
  return 1;
});

/** Makes an agent, a goal of it, and a schedule of that for every minute. */
async function plan(api: ApiClient) {
  const agent = await api.json(made, 'POST', '/api/v1/agents', { repository: REPOSITORY });
  const { id: goalId } = await api.json(made, 'POST', '/api/v1/goals', {
    name: 'An endpoint',
    agentId: agent.id,
    prompt: 'Add a {{method}} /todos/:id endpoint with a test',
    parameters: { method: { type: 'string' } },
  });
  const schedules = `/api/v1/goals/${goalId}/schedules`;
  const schedule = await api.json(scheduleSchema, 'POST', schedules, {
    cron: '* * * * *',
    timeZone: 'Europe/Berlin',
    parameters: { method: 'DELETE' },
  });
  return { goalId, path: `${schedules}/${schedule.id}`, schedule };
}

async function waitForRun(api: ApiClient, goalId: string, signal: AbortSignal): Promise<string> {
  const until = Date.now() + LONGEST_WAIT_MS;
  while (Date.now() < until) {
    const { data } = await api.json(listOf(made), 'GET', `/api/v1/runs?goalId=${goalId}`);
    if (data[0]) return data[0].id;
    await sleep(500, undefined, { signal });
  }
  throw new LocalCloudError('The schedule started no run in time.');
}
