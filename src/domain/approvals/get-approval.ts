import { type Approval, findApproval } from '../../store/approvals.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/** @throws {AppError} notFound, for another organisation's approval too */
export async function getApproval(
  { db }: Context,
  { organisationId, approvalId }: { organisationId: string; approvalId: string },
): Promise<Approval> {
  const approval = await findApproval(db, organisationId, approvalId);
  if (approval === null) throw new AppError('notFound', 'There is no such approval.');
  return approval;
}
