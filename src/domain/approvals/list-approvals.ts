import { type Approval, type ApprovalQuery, listApprovals as readApprovals } from '../../store/approvals.ts';
import type { Listed } from '../../store/bounded-page.ts';
import type { Context } from '../context.ts';

/** A page of the organisation's approvals, newest first. */
export function listApprovals({ db }: Context, query: ApprovalQuery): Promise<Listed<Approval>> {
  return readApprovals(db, query);
}
