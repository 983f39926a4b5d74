import { type AuditEntry, listAudit as readAudit } from '../../store/audit.ts';
import type { Listed } from '../../store/bounded-page.ts';
import type { Context } from '../context.ts';

/** A page of what was done in an organisation, newest first. */
export function listAudit(
  { db }: Context,
  page: { organisationId: string; before: number | undefined; limit: number },
): Promise<Listed<AuditEntry, number>> {
  return readAudit(db, page);
}
