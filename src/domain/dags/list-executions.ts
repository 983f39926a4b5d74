import type { Listed } from '../../store/bounded-page.ts';
import {
  type Execution,
  type ExecutionQuery,
  listExecutions as readExecutions,
} from '../../store/dag-executions.ts';
import type { Context } from '../context.ts';

/** A page of the organisation's executions, newest first. */
export function listExecutions({ db }: Context, query: ExecutionQuery): Promise<Listed<Execution>> {
  return readExecutions(db, query);
}
