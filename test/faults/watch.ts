import { z } from 'zod';
import type { NewDatabase } from '../support/database.ts';
import type { Actor } from './actors.ts';
import type { Freezer } from './freezer.ts';
import { hasChanged, judgeChange, rowSchema, type Seen } from './row-watch.ts';
import type { Scene } from './seam.ts';
import { hasEnded, type Sent, type Simulation } from './simulation.ts';
import { TASKS } from './tasks.ts';
import { moveOf, nameOfStatement } from './transitions/moves.ts';
import { forkOf } from './words/said.ts';

/** A row that is as it was at the last look, by the transaction that wrote it, is not sent again: most are. */
const LOOK = `SELECT r.id, r.xmin::text AS version,
    CASE WHEN r.xmin::text IS DISTINCT FROM $2::jsonb ->> r.id THEN to_jsonb(r) END AS row,
    (SELECT count(*) FROM run_events e WHERE e.run_id = r.id)::int AS events,
    (SELECT count(*) FROM steps s WHERE s.run_id = r.id AND committed_at IS NOT NULL)::int AS "committedSteps",
    (SELECT daily_cost_limit_micro_usd FROM users u WHERE u.id = r.user_id)::float8 AS "dayLimit"
  FROM runs r JOIN agents a ON a.id = r.agent_id WHERE a.name IN ($1, $3) ORDER BY r.created_at, r.id`;

const counts = {
  id: z.string(),
  version: z.string(),
  events: z.number(),
  committedSteps: z.number(),
  dayLimit: z.number().nullable(),
};
const answerSchema = z.object({ rows: z.array(z.object({ ...counts, row: z.unknown() })) });

/**
 * Looks at the runs of the task's agent after a statement: whether it changed one as it may, and what the user sees of it. Asked so
 * often, it passes by the driver, the query builder and HTTP, which cost more than the answer.
 */
export function createWatch(
  { answer, url }: NewDatabase,
  frozen: Freezer,
): (scene: Scene, actor: Actor, sent: Sent, statement: string) => Promise<void> {
  /** Who won the last claim of each run. */
  const holders = new Map<string, Actor>();
  /** The versions in which the runs of a simulation were seen last. */
  const versions = new WeakMap<Simulation, Record<string, string>>();
  const headers = { 'neon-connection-string': url };

  const look = async (simulation: Simulation): Promise<Seen[]> => {
    const { name, runs } = simulation;
    const known = versions.get(simulation) ?? {};
    const body = JSON.stringify({ query: LOOK, params: [name, known, forkOf(name)] });
    const { rows } = answerSchema.parse(JSON.parse((await answer({ headers, body })).body));
    versions.set(simulation, Object.fromEntries(rows.map(({ id, version }) => [id, version])));
    return rows.map(({ id, row, events, committedSteps, dayLimit }) => ({
      row: (row === null ? runs.get(id)?.row : undefined) ?? rowSchema.parse(row),
      events,
      committedSteps,
      dayLimit,
    }));
  };

  return async ({ simulation, person }, actor, sent, statement) => {
    const { runs, wrong } = simulation;
    const rows = await look(simulation);
    const { prompt } = TASKS[simulation.plan.task];
    const started = rows.filter(({ row }) => row.prompt === prompt).length;
    if (started > 1) wrong.push(`the task was started ${started} times`);
    const retried = rows.flatMap(({ row }) => row.retry_of ?? []);
    if (new Set(retried).size < retried.length) wrong.push('a run was retried twice');
    for (const seen of rows) {
      const { id, status, epoch } = seen.row;
      const before = runs.get(id) ?? null;
      wrong.push(...judgeChange(before, seen, actor, Date.now()));
      if (hasChanged(before, seen)) {
        const name = nameOfStatement(statement);
        if (name === undefined) wrong.push(`a run was changed by a statement without a name: ${statement}`);
        else sent.moves.push(moveOf(name, before, seen));
      }
      if (before && epoch > before.row.epoch) wrong.push(...judgeLoss(holders.get(id), before, actor));
      if (actor.runId === id && actor.epoch === epoch) holders.set(id, actor);
      if (status === 'running') frozen.thaw(id, epoch);
      runs.set(id, seen);
    }
    const [first] = rows;
    if (first) simulation.follower?.written(first.row.event_seq);
    const [made] = sent.moves;
    if (made) actor.lastMove = `${made.name} → ${made.to}`;
    for (const seen of rows) if (!hasEnded(seen)) person.notice(seen);
  };
}

/** A worker that lives and whose statements arrive keeps its run, however long anything else takes (E10). */
function judgeLoss(holder: Actor | undefined, { row }: Seen, actor: Actor): string[] {
  if (row.status !== 'running' || holder?.epoch !== row.epoch) return [];
  if (holder.dead || holder.isDone || holder.isExcused) return [];
  return [`a ${actor.kind} took the run of a worker that lives`];
}
