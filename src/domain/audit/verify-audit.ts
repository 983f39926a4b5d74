import { type AuditCheck, checkAudit } from '../../store/audit.ts';
import type { Context } from '../context.ts';

/** Whether an organisation's log is as it was written, and which entry is the first that is not. */
export function verifyAudit({ db }: Context, organisationId: string): Promise<AuditCheck> {
  return checkAudit(db, organisationId);
}
