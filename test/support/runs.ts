import { sql } from 'drizzle-orm';
import type { Database } from '../../src/store/database.ts';
import type { AskedAnew } from '../../src/store/runs/control.ts';
import type { NewEvent } from '../../src/store/runs/move.ts';
import type { NextRun } from '../../src/store/runs/next-run.ts';
import { createAgent } from '../../src/store/runs/start.ts';
import type { StepRow } from '../../src/store/runs/step.ts';
import { upsertUser } from '../../src/store/users.ts';

export const event = (
  type: 'run.started' | 'run.heldBack' | 'run.paused' | 'run.resumed' | 'run.cancelled',
): NewEvent => ({
  type,
  data: {},
  speech: null,
});

export const failed: NewEvent = {
  type: 'run.failed',
  data: { code: 'poison', message: 'gone' },
  speech: null,
};
export const outOfSteps: NewEvent = { type: 'run.waiting', data: { waitingFor: 'budget' }, speech: null };
export const waitsForInput: NewEvent = {
  type: 'run.waiting',
  data: { waitingFor: 'input' },
  speech: null,
};
export const waitsForChildren: NewEvent = {
  type: 'run.waiting',
  data: { waitingFor: 'child' },
  speech: null,
};
const completed: NewEvent = { type: 'run.completed', data: { summary: 'done' }, speech: null };

export const claimOutcomes = {
  running: event('run.started'),
  queued: event('run.heldBack'),
  paused: event('run.paused'),
  cancelled: event('run.cancelled'),
  failed,
};

export const commitOutcomes = {
  completed,
  cancelled: event('run.cancelled'),
  paused: event('run.paused'),
};

/** A resume after which nothing is open. */
export const asksNobody: AskedAnew = { kind: 'approval', approvalIds: [], events: [] };
const silent = { warning: null, reached: null, waiting: null };
const allowance = {
  dailyLimitMicroUsd: null,
  speech: { steps: silent, duration: silent, cost: silent, dailyCost: silent },
};

/** What tests reserve that are not about money. */
export const claimBudget = {
  ...allowance,
  firstSteps: { anthropic: { 'claude-sonnet-5-5': { leastMicroUsd: 100, mostMicroUsd: 1_000 } } },
};
export const commitBudget = { ...allowance, nextStep: { leastMicroUsd: 100, mostMicroUsd: 1_000 } };

export const stepRow = (stepNo: number, deliveredSeq = 0): StepRow => ({
  stepNo,
  coversStepNo: null,
  content: [{ type: 'text', text: `step ${stepNo}` }],
  stopReason: 'toolCalls',
  deliveredSeq,
  usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 3, cacheWriteTokens: 2 },
  costMicroUsd: 100,
  modelMs: 12,
  createdAt: '2026-11-21T12:00:00Z',
});

let begun = 0;

/** What an ending run is given to start the next one, with so many new ids. */
export const nextRun = (runs = 1): NextRun => ({
  runIds: Array.from({ length: runs }, () => `run_next_${++begun}`),
  engineVersion: 2,
  queued: { type: 'run.queued', data: { prompt: '' }, speech: null },
  paused: event('run.paused'),
});

export const noChanges = { baseSha: null, put: [], removed: [] };

let made = 0;
let known = 1_000_000;

/** A user `user_…` who has signed in, with their personal organisation `org_…`. */
export const addUser = (db: Database, userId: string) =>
  upsertUser(db, userId, {
    githubId: ++known,
    login: `login-${userId}`,
    name: null,
    email: null,
    avatarUrl: null,
  });

/** A user with an agent and its first run, queued. */
export async function queuedRun(db: Database, options: { maxSteps?: number } = {}) {
  made += 1;
  const ids = {
    organisationId: `org_${made}`,
    userId: `user_${made}`,
    agentId: `agent_${made}`,
    runId: `run_${made}`,
    workspaceId: `workspace_${made}`,
  };
  await addUser(db, ids.userId);
  await createAgent(
    db,
    {
      id: ids.agentId,
      organisationId: ids.organisationId,
      userId: ids.userId,
      name: 'Agent',
      instructions: null,
      provider: 'anthropic',
      model: 'claude-sonnet-5-5',
      tools: ['read_file'],
      policies: {},
      maxSteps: options.maxSteps ?? 100,
      workspace: {
        id: ids.workspaceId,
        repository: null,
        baseBranch: null,
        branch: `cadence/${ids.agentId}`,
        baseSha: null,
      },
    },
    {
      runId: ids.runId,
      agentId: ids.agentId,
      prompt: 'Do it',
      engineVersion: 2,
      event: { type: 'run.queued', data: { prompt: 'Do it' }, speech: null },
    },
  );
  return ids;
}

/** The types of a run's events, in order; throws when their numbers have a gap. */
export async function eventTypes(db: Database, runId: string): Promise<string[]> {
  const { rows } = await db.execute<{ seq: number; type: string }>(
    sql`SELECT seq, type FROM run_events WHERE run_id = ${runId}::text ORDER BY seq`,
  );
  rows.forEach(({ seq }, index) => {
    if (seq !== index + 1) throw new Error(`event ${index + 1} of ${runId} is numbered ${seq}`);
  });
  return rows.map(({ type }) => type);
}
