import { sql } from 'drizzle-orm';
import type { Database } from '../../src/store/database.ts';

/**
 * What is wrong with the money, a sentence each; nothing, at any moment and whatever crashed. `users` limits the look to some.
 * A run that was deleted takes its cost out of the sum, while its user's day keeps it: look before.
 */
export async function budgetViolations(db: Database, users?: readonly string[]): Promise<string[]> {
  const ours = users ? sql`user_id = ANY(${sql.param([...users])}::text[])` : sql`true`;
  const { rows } = await db.execute<{ said: string }>(sql`
    SELECT format('%s is %s and has %s reserved', id, status, reserved_micro_usd) AS said FROM runs
      WHERE ${ours} AND reserved_micro_usd <> 0 AND status <> 'running'
    UNION ALL
    SELECT format('%s reserves %s on no day', id, reserved_micro_usd) FROM runs
      WHERE ${ours} AND (reserved_micro_usd < 0 OR (reserved_micro_usd > 0) <> (reserved_on IS NOT NULL))
    UNION ALL
    SELECT format('%s cost %s, its steps %s and estimates %s', id, cost_micro_usd, of_steps, estimated_cost_micro_usd)
      FROM runs, LATERAL (SELECT COALESCE(sum(s.cost_micro_usd), 0) AS of_steps FROM steps s WHERE s.run_id = runs.id) s
      WHERE ${ours} AND cost_micro_usd <> of_steps + estimated_cost_micro_usd
    UNION ALL
    SELECT format('%s may cost %s and has cost %s', id, max_cost_micro_usd, cost_micro_usd + reserved_micro_usd) FROM runs
      WHERE ${ours} AND cost_micro_usd + reserved_micro_usd > max_cost_micro_usd
    UNION ALL
    SELECT format('%s is %s and its time runs: %s', id, status, active_since IS NOT NULL) FROM runs
      WHERE ${ours} AND (status = 'running') <> (active_since IS NOT NULL)
    UNION ALL
    SELECT format('%s has %s reserved on %s, the runs %s', user_id, of_day, day, of_runs) FROM (
      SELECT user_id, day, max(of_day) AS of_day, max(of_runs) AS of_runs FROM (
        SELECT user_id, day, reserved_micro_usd AS of_day, 0 AS of_runs FROM daily_costs WHERE ${ours}
        UNION ALL
        SELECT user_id, reserved_on, 0, sum(reserved_micro_usd) FROM runs
          WHERE ${ours} AND reserved_on IS NOT NULL GROUP BY user_id, reserved_on
      ) AS both_sides GROUP BY user_id, day
    ) AS days WHERE of_day <> of_runs
    UNION ALL
    SELECT format('%s has spent %s, the runs %s', user_id, of_days, of_runs) FROM (
      SELECT user_id, sum(of_days) AS of_days, sum(of_runs) AS of_runs FROM (
        SELECT user_id, spent_micro_usd AS of_days, 0 AS of_runs FROM daily_costs WHERE ${ours}
        UNION ALL SELECT user_id, 0, cost_micro_usd FROM runs WHERE ${ours}
      ) AS both_sides GROUP BY user_id
    ) AS users WHERE of_days <> of_runs`);
  return rows.map(({ said }) => said);
}
