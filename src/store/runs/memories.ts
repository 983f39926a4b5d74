import { type SQL, sql } from 'drizzle-orm';
import {
  MEMORY_LIMITS,
  type MemoryChanges,
  type MemoryScope,
  type ScopedChanges,
} from '../../memory/memory.ts';
import { rfc3339 } from '../bounded-page.ts';
import { toJson } from '../json.ts';
import { NOW } from './clock.ts';

/** So many characters of an organisation's memories stand in a prompt: those that changed last. `recall` finds the others. */
const TOLD_CHARACTERS = 8_000;

/** The table that has a scope's memories on its rows, in `remembered`, and the run's column that names the row. */
const OWNERS: Readonly<Record<MemoryScope, { table: SQL; id: SQL }>> = {
  agent: { table: sql`agents`, id: sql`agent_id` },
  organisation: { table: sql`organisations`, id: sql`organisation_id` },
};

/** Whether entries, a `jsonb` by key, are no more than a scope may have. Characters are those of keys and values. */
export const fits = (
  scope: MemoryScope,
  entries: SQL,
) => sql`(SELECT count(*) <= ${MEMORY_LIMITS[scope].keys}::int
    AND COALESCE(sum(length(e.key) + length(e.value ->> 'value')), 0) <= ${MEMORY_LIMITS[scope].characters}::int
  FROM jsonb_each(${entries}) AS e)`;

interface Storing {
  /** Arms that come first: they lock the rows that decide, the run's before the agent's before the organisation's. */
  before: SQL[];
  /** Whether all of it has room. */
  guard: SQL;
  arms: SQL[];
}

/**
 * What stores what a step remembered and forgot; it rides in the step's commit, so a repeated step does it once. How much a scope may
 * have is decided on its own row, which is read when it is locked: agents, and users, may write at once (E1). Where there is no room
 * nothing is committed, and the worker commits without it.
 *
 * @param guard of the run's row
 */
export function storeMemories(
  { runId, stepNo, guard }: { runId: string; stepNo: number; guard: SQL },
  changes: ScopedChanges,
): Storing {
  const scopes = (['agent', 'organisation'] as const).filter(
    (scope) => changes[scope].put.length + changes[scope].forgotten.length > 0,
  );
  if (scopes.length === 0) return { before: [], guard: sql`true`, arms: [] };
  const room = (scope: MemoryScope) => sql.raw(`${scope}_room`);
  return {
    before: [
      sql`remembering AS MATERIALIZED (SELECT agent_id, organisation_id FROM runs
        WHERE id = ${runId}::text AND ${guard} FOR NO KEY UPDATE)`,
      ...scopes.map(
        (scope, at) => sql`${room(scope)} AS MATERIALIZED (
          SELECT o.id, ${after({ runId, stepNo }, changes[scope])} AS entries
          FROM remembering r JOIN ${OWNERS[scope].table} o ON o.id = r.${OWNERS[scope].id}
          ${at > 0 ? sql`WHERE EXISTS (SELECT FROM ${room('agent')})` : sql``} FOR NO KEY UPDATE OF o)`,
      ),
    ],
    guard: sql.join(
      scopes.map((scope) => sql`EXISTS (SELECT FROM ${room(scope)} WHERE ${fits(scope, sql`entries`)})`),
      sql` AND `,
    ),
    arms: scopes.map(
      (scope) => sql`${sql.raw(`${scope}_remembers`)} AS (
        UPDATE ${OWNERS[scope].table} o SET remembered = ${room(scope)}.entries
        FROM moved, ${room(scope)} WHERE o.id = ${room(scope)}.id)`,
    ),
  };
}

/** A scope's memories, of the row `o`, after a step of the run `r`. */
const after = (by: { runId: string; stepNo: number }, { put, forgotten }: MemoryChanges) =>
  sql`(o.remembered - ${sql.param(forgotten)}::text[]) || COALESCE((SELECT jsonb_object_agg(p.key,
      jsonb_build_object('value', p.value, 'agentId', r.agent_id, 'runId', ${by.runId}::text, 'stepNo', ${by.stepNo}::int,
        'userId', NULL, 'updatedAt', ${rfc3339(NOW)}))
    FROM jsonb_to_recordset(${toJson(put)}::jsonb) AS p (key text, value text)), '{}')`;

/**
 * What a run of this agent is told when it begins, for `runs.memories`. A step that ends its run calls no tools, so nothing is
 * remembered in the statement that starts the next one.
 *
 * @param agentId an expression
 */
export const memoriesOf = (agentId: SQL) =>
  sql`COALESCE((SELECT jsonb_object_agg(m.key, m.value -> 'value') FROM agents owner, jsonb_each(owner.remembered) AS m
    WHERE owner.id = ${agentId}), '{}')`;

/**
 * What a run is told of its organisation's memories, for `runs.shared_memories`: as many as have room, those that changed last.
 *
 * @param organisationId an expression
 */
export const sharedMemoriesOf = (organisationId: SQL) =>
  sql`COALESCE((SELECT jsonb_object_agg(told.key, jsonb_build_object('value', told.value -> 'value',
      'isByUser', told.value ->> 'userId' IS NOT NULL)) FROM (
    SELECT m.key, m.value, sum(length(m.key) + length(m.value ->> 'value'))
      OVER (ORDER BY m.value ->> 'updatedAt' DESC, m.key) AS characters
    FROM organisations owner, jsonb_each(owner.remembered) AS m WHERE owner.id = ${organisationId}) AS told
    WHERE told.characters <= ${TOLD_CHARACTERS}::int), '{}')`;
