import { z } from 'zod';
import { budgetViolations } from '../support/budget.ts';
import type { Cloud } from '../support/cloud.ts';
import { judgeBudget } from './budget/judge.ts';
import { clearIssue } from './effects/issue.ts';
import { judgeEffects } from './effects/judge.ts';
import type { Web } from './effects/web.ts';
import { judgeLedger, judgeWholeLedger, readLedger } from './ledger.ts';
import {
  dropBranch,
  judgeRepository,
  judgeWholeRepository,
  type Repository,
  readRepository,
} from './repository.ts';
import type { Seen } from './row-watch.ts';
import { hasEnded, type Simulation } from './simulation.ts';
import { TASKS, type TaskName } from './tasks.ts';
import { judgeSaid, judgeWords } from './words/judge.ts';

/** What a run is that was struck again and again in the same place. */
const GIVEN_UP = new Set(['poison', 'modelUnavailable', 'toolUnavailable']);
const errorSchema = z.object({ code: z.string() }).nullable();

export interface Outcome {
  /** Empty when all is well. */
  wrong: string[];
  /** A run failed for a reason that so many faults excuse; what it did is held against the same rules, as far as it came. */
  gaveUp: boolean;
  /** A step of the task was committed, and nothing was given up: a run that does nothing breaks no rule and proves none. */
  didWork: boolean;
}

/** What is wrong with runs that have had their time, in our tables and, above all, on GitHub. */
export async function judgeOutcome(
  cloud: Cloud,
  token: string,
  web: Web,
  simulation: Simulation,
): Promise<Outcome> {
  const { plan, deedsDone } = simulation;
  const runs = [...simulation.runs.values()];
  const task = runs.find(({ row }) => row.prompt === TASKS[plan.task].prompt);
  if (!task) return { wrong: ['there is no run'], gaveUp: false, didWork: false };
  const ended = await Promise.all(runs.filter(hasEnded).map(({ row }) => readLedger(cloud, row.id)));
  const ledger = ended[0] ?? (await readLedger(cloud, task.row.id));
  const repository = HAS_REPOSITORY.has(plan.task) ? await takeRepository(cloud, token, ledger.branch) : null;

  const gaveUp =
    plan.mayGiveUp && runs.some((run) => run.row.status === 'failed' && GIVEN_UP.has(codeOf(run)));
  const isCancelled = runs.some(({ row }) => row.status === 'cancelled');
  const wrong = [
    ...ended.flatMap(judgeLedger),
    ...(repository ? judgeRepository(repository, ended) : []),
    ...(await budgetViolations(cloud.db)),
  ];
  if (isCancelled && !deedsDone.some((deed) => deed === 'cancel' || deed === 'retry')) {
    wrong.push('a run was cancelled that nobody cancelled');
  }
  if (!gaveUp) {
    for (const run of runs) {
      if (run.row.status !== 'completed' && run.row.status !== 'cancelled') {
        wrong.push(`the run is ${run.row.status} ${codeOf(run)}`);
      }
    }
  }
  const isDone = !gaveUp && isOver(runs);
  const isWhole = isDone && !isCancelled;
  // The model is told of calls that a cancel kept from being carried out; the scripted one does not make up for them.
  const isMissed = ended.some(({ calls }) => calls.some(({ state }) => state === 'skipped'));
  switch (plan.task) {
    case 'reference':
      if (isWhole) wrong.push(...judgeWholeLedger(ledger));
      if (isDone && !isMissed && repository) wrong.push(...judgeWholeRepository(repository, ended));
      break;
    case 'effects':
      wrong.push(...(await judgeEffects(cloud, token, web, simulation, { isWhole, isCancelled, gaveUp })));
      await clearIssue(cloud, token);
      break;
    case 'budget':
      wrong.push(...judgeBudget(simulation, ended), ...judgeSaid(simulation, { isWhole }));
      break;
    case 'words':
      wrong.push(...(await judgeWords(cloud, web, simulation, { isWhole, isCancelled, gaveUp })));
      break;
  }
  web.forget();
  return { wrong, gaveUp, didWork: !gaveUp && runs.some(({ committedSteps }) => committedSteps > 0) };
}

/** Tasks whose agents work on a repository. */
const HAS_REPOSITORY: ReadonlySet<TaskName> = new Set(['reference', 'effects']);

/** Reads the repository, and lets it be as it was for the next run. */
async function takeRepository(cloud: Cloud, token: string, branch: string): Promise<Repository> {
  const repository = await readRepository(cloud, token, branch);
  await dropBranch(cloud, token, branch);
  return repository;
}

/** The newest run of each agent has done its task. */
function isOver(runs: readonly Seen[]): boolean {
  const newest = new Map(runs.map(({ row }) => [row.agent_id, row.status]));
  return [...newest.values()].every((status) => status === 'completed');
}

const codeOf = ({ row }: Seen): string => errorSchema.parse(row.error)?.code ?? '';
