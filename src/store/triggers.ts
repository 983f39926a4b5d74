import { type SQL, sql } from 'drizzle-orm';
import type { Policies } from '../tools/policy.ts';
import { rfc3339 } from './bounded-page.ts';
import { type Database, query } from './database.ts';
import { toJson } from './json.ts';
import { FOREIGN_KEY_VIOLATION, sqlState, writeOnce } from './operation.ts';
import type { Role } from './roles.ts';
import type { ModelChoice } from './states.ts';

/** What an agent gets that a trigger starts; what is left out is as for any new agent. */
export type TriggerAgent = {
  baseBranch?: string | undefined;
  instructions?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  fallbacks?: ModelChoice[] | undefined;
  tools?: string[] | undefined;
  policies?: Policies | undefined;
  maxSteps?: number | undefined;
  maxCostUsd?: number | undefined;
  maxDurationSeconds?: number | undefined;
};

/** What may be changed of a trigger. */
export type TriggerSettings = {
  /** The label that starts an agent; null for none. */
  issueLabel: string | null;
  /** The word in a comment that starts one; null for none. */
  mention: string | null;
  review: boolean;
  failedCheck: boolean;
  mergeOrClose: boolean;
  /** What somebody must be allowed on GitHub; `listed` for only those who are named. */
  permission: 'write' | 'admin' | 'listed';
  /** Who may besides. */
  logins: string[];
  agent: TriggerAgent;
};

/** Times are RFC 3339. */
export type Trigger = TriggerSettings & {
  id: string;
  organisationId: string;
  /** Who made it, and as whom it acts. */
  userId: string;
  repositoryId: number;
  repository: string;
  hookId: number | null;
  createdAt: string;
  updatedAt: string;
};

const COLUMNS = sql`t.id, t.organisation_id AS "organisationId", t.user_id AS "userId", t.repository_id::float8 AS "repositoryId",
  t.repository, t.hook_id::float8 AS "hookId", t.issue_label AS "issueLabel", t.mention, t.on_review AS review,
  t.on_failed_check AS "failedCheck", t.on_close AS "mergeOrClose", t.permission, t.logins, t.agent,
  ${rfc3339(sql`t.created_at`)} AS "createdAt", ${rfc3339(sql`t.updated_at`)} AS "updatedAt"`;

const select = (where: SQL) => sql`SELECT ${COLUMNS} FROM triggers t WHERE ${where}`;

/** @returns false when the organisation has a trigger for the repository already, or is gone */
export async function insertTrigger(
  db: Database,
  trigger: Omit<Trigger, 'createdAt' | 'updatedAt'>,
): Promise<boolean> {
  const inserted = writeOnce(
    db,
    sql`INSERT INTO triggers (id, organisation_id, user_id, repository_id, repository, hook_id, issue_label, mention, on_review,
        on_failed_check, on_close, permission, logins, agent)
      VALUES (${trigger.id}::text, ${trigger.organisationId}::text, ${trigger.userId}::text, ${trigger.repositoryId}::bigint,
        ${trigger.repository}::text, ${trigger.hookId}::bigint, ${trigger.issueLabel}::text, ${trigger.mention}::text,
        ${trigger.review}::boolean, ${trigger.failedCheck}::boolean, ${trigger.mergeOrClose}::boolean,
        ${trigger.permission}::text, ${sql.param(trigger.logins)}::text[], ${toJson(trigger.agent)}::jsonb)
      ON CONFLICT (organisation_id, repository_id) DO NOTHING RETURNING id`,
    sql`SELECT id FROM triggers WHERE id = ${trigger.id}::text`,
  );
  try {
    return (await inserted) !== null;
  } catch (error) {
    if (sqlState(error) === FOREIGN_KEY_VIOLATION) return false;
    throw error;
  }
}

/** A trigger of this organisation. */
export async function findTrigger(
  db: Database,
  organisationId: string,
  triggerId: string,
): Promise<Trigger | null> {
  const [row] = await query<Trigger>(
    db,
    select(sql`t.id = ${triggerId}::text AND t.organisation_id = ${organisationId}::text`),
  );
  return row ?? null;
}

/** All of an organisation, by repository. */
export const listTriggers = (db: Database, organisationId: string): Promise<Trigger[]> =>
  query<Trigger>(
    db,
    sql`${select(sql`t.organisation_id = ${organisationId}::text`)} ORDER BY t.repository, t.id`,
  );

/** @returns false when the trigger is unknown or another organisation's */
export async function updateTrigger(
  db: Database,
  organisationId: string,
  triggerId: string,
  settings: TriggerSettings,
): Promise<boolean> {
  const [row] = await query<{ id: string }>(
    db,
    sql`UPDATE triggers SET issue_label = ${settings.issueLabel}::text, mention = ${settings.mention}::text,
        on_review = ${settings.review}::boolean, on_failed_check = ${settings.failedCheck}::boolean,
        on_close = ${settings.mergeOrClose}::boolean, permission = ${settings.permission}::text,
        logins = ${sql.param(settings.logins)}::text[], agent = ${toJson(settings.agent)}::jsonb, updated_at = engine_now()
      WHERE id = ${triggerId}::text AND organisation_id = ${organisationId}::text RETURNING id`,
  );
  return row !== undefined;
}

export async function deleteTrigger(db: Database, organisationId: string, triggerId: string): Promise<void> {
  await query(
    db,
    sql`DELETE FROM triggers WHERE id = ${triggerId}::text AND organisation_id = ${organisationId}::text`,
  );
}

/** Whether another trigger needs a hook too. */
export async function isHookShared(db: Database, { id, hookId, repositoryId }: Trigger): Promise<boolean> {
  const [row] = await query<{ shared: boolean }>(
    db,
    sql`SELECT EXISTS (SELECT FROM triggers WHERE hook_id = ${hookId}::bigint AND repository_id = ${repositoryId}::bigint
      AND id <> ${id}::text) AS shared`,
  );
  return row?.shared ?? false;
}

/** A trigger with what its user is in its organisation now. */
export type ActingTrigger = Trigger & { role: Role };

/** The triggers of a repository whose users are still members. */
export const triggersOf = (db: Database, repositoryId: number): Promise<ActingTrigger[]> =>
  query<ActingTrigger>(db, acting(sql`t.repository_id = ${repositoryId}::bigint`, sql`t.id`));

const acting = (where: SQL, order: SQL) =>
  sql`SELECT ${COLUMNS}, m.role FROM triggers t
    JOIN members m ON m.organisation_id = t.organisation_id AND m.user_id = t.user_id WHERE ${where} ORDER BY ${order}`;

/** So many are looked after by one sweep, and none twice within the hour. */
const RECONCILED_AT_ONCE = 20;

/** Takes the triggers whose hooks have waited longest to be looked after: what two sweeps take at once is not the same. */
export const takeUnreconciled = (db: Database): Promise<Trigger[]> =>
  query<Trigger>(
    db,
    sql`WITH due AS (
      SELECT id FROM triggers WHERE hook_id IS NOT NULL
        AND (reconciled_at IS NULL OR reconciled_at < engine_now() - interval '50 minutes')
      ORDER BY reconciled_at NULLS FIRST LIMIT ${RECONCILED_AT_ONCE}::int FOR UPDATE SKIP LOCKED
    ) UPDATE triggers t SET reconciled_at = engine_now() FROM due WHERE t.id = due.id RETURNING ${COLUMNS}`,
  );
