import { type Approval, findApproval } from '../../store/approvals.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

/** @throws {AppError} notFound, for another user's approval too */
export async function getApproval(
  { db }: Context,
  { userId, approvalId }: { userId: string; approvalId: string },
): Promise<Approval> {
  const approval = await findApproval(db, userId, approvalId);
  if (approval === null) throw new AppError('notFound', 'There is no such approval.');
  return approval;
}
