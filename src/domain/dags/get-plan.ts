import { findPlan, type StoredPlan } from '../../store/dag-plans.ts';
import type { RunError, RunStatus, WaitingFor } from '../../store/states.ts';
import { problemsIn } from '../../tools/submit-dag.ts';
import type { Context } from '../context.ts';
import { AppError, type FieldError } from '../errors.ts';

/** The planning of a DAG: a run whose model is to hand one in. Times are RFC 3339. */
export interface DagPlan {
  /** Its run's. */
  id: string;
  agentId: string;
  goal: string;
  status: RunStatus;
  waitingFor: WaitingFor | null;
  /** The DAG, once it is kept, and as long as nobody deletes it. */
  dagId: string | null;
  error: RunError | null;
  /** What was wrong with the last plan that the model handed in, of a plan that is not completed. */
  problems: FieldError[];
  createdAt: string;
  finishedAt: string | null;
}

/** @throws {AppError} notFound */
export async function getPlan(
  { db }: Context,
  { organisationId, ...which }: { organisationId: string } & ({ runId: string } | { agentId: string }),
): Promise<DagPlan> {
  const stored = await findPlan(db, organisationId, which);
  if (stored === null) throw new AppError('notFound', 'There is no such plan.');
  const { runId, agentId, planning, status, waitingFor, error, hasDag, createdAt, finishedAt } = stored;
  return {
    id: runId,
    agentId,
    goal: planning.goal,
    status,
    waitingFor,
    dagId: hasDag ? planning.dagId : null,
    error,
    problems: problemsOf(stored),
    createdAt,
    finishedAt,
  };
}

/** A call that did not even fit the schema of its tool says so in words only. */
function problemsOf({ status, refusal }: StoredPlan): FieldError[] {
  if (refusal === null || status === 'completed') return [];
  return problemsIn(refusal.result) ?? [{ field: 'plan', message: refusal.output }];
}
