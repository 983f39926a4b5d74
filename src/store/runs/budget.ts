import { type SQL, sql } from 'drizzle-orm';
import { toJson } from '../json.ts';
import type { Budget } from '../states.ts';
import { NOW } from './clock.ts';
import { CROWDED, roomArms, SLOT_COLUMNS } from './slots.ts';

/** What one step may cost: the least without which it is not begun, and the most it is given. */
export interface StepCost {
  leastMicroUsd: number;
  mostMicroUsd: number;
}

/** First steps by provider, then by model; `*` for every model of a provider that takes any. */
export type FirstSteps = Record<string, Record<string, StepCost>>;

/** What a call of the model has cost. An estimate never counts for more than was reserved. */
export interface Charge {
  microUsd: number;
  isEstimate: boolean;
}

export const NOTHING_SPENT: Charge = { microUsd: 0, isEstimate: false };

/** What is said aloud of each limit when it is nearly used up, when it is reached, and when the run waits for it. */
export type BudgetSpeech = Record<Budget, Record<'warning' | 'reached' | 'waiting', string | null>>;

/** What a run is held to beside its own row. */
export interface Allowance {
  /** What a user may spend in a day (UTC) who has set no limit; null for no limit. */
  dailyLimitMicroUsd: number | null;
  speech: BudgetSpeech;
}

/**
 * What a move does with its run's money. Every move that leaves `running` settles the reservation, this or not: so no worker
 * that is gone, and no new kind of ending, can leak one.
 */
export interface Spending {
  /** What the call under way has cost. Left out, nobody knows: all that was reserved counts as spent, as an estimate. */
  charge?: Charge;
  /** Settles the reservation although the run goes on running: the call is over, or its worker is gone. */
  settles?: true;
  /** Holds the run to its limits before it goes on, and reserves for its next step. It waits (`budget`) at the first one reached. */
  limits?: Allowance & {
    /**
     * Where this holds of the row as it was, no limit makes the run wait: there may be nothing to ask the model any more. It goes on
     * with a reservation if it may have one, else without, and whoever asks the model takes one before (`reserveMore`).
     */
    exempt?: SQL;
    /** Steps taken once the move is made, and what the next one may cost, over the row as it was. */
    stepCount: SQL;
    least: SQL;
    most: SQL;
  };
}

/** The status that the move comes to, its limits considered: what a move's other assignments go by. */
export const NEXT = sql`next_status`;
/** The limit that makes the run wait; null when none does. Only of a move with `limits`, as the next one. */
export const REACHED = sql`to_reached`;
/** When a run that waits for its user's daily limit looks again. */
export const WAKE_AT = sql`to_wake`;

/** How soon a run looks again that only other runs' reservations keep waiting: they are given back with every step. */
const CROWDED_MS = 60_000;

const WARN_AT = 0.8;

const TODAY = sql`(${NOW} AT TIME ZONE 'UTC')::date`;
const MIDNIGHT = sql`(${TODAY} + 1)::timestamp AT TIME ZONE 'UTC'`;

/**
 * Time that workers held the run up to now, over the row as it was. One that is gone counts to the end of its lease: so long
 * it was known to be alive.
 */
export const ACTIVE_MS = sql`(active_ms + CASE WHEN status = 'running' AND active_since IS NOT NULL THEN
  GREATEST(0, EXTRACT(EPOCH FROM LEAST(${NOW}, lease_expires_at) - active_since) * 1000)::bigint ELSE 0 END)`;

/**
 * The arms that decide a move. The run's row is locked first, in the version that the move will find; then the rows of its
 * user's days, which are brought up to date in the same breath: an insert-or-update sees what others committed while it waited,
 * which no sub-select would (E1). What they come to is in `verdict`, one row, or none when the guard does not hold.
 */
export function decisionArms(move: {
  run: SQL;
  guard: SQL;
  next: SQL;
  spending: Spending;
  /** How many runs of the organisation may be at work, of a move that lets one begin. */
  most: number | null;
}): SQL[] {
  const { most } = move;
  const { charge, settles, limits } = move.spending;
  const charged = charge
    ? charge.isEstimate
      ? sql`LEAST(${charge.microUsd}::bigint, reserved_micro_usd)`
      : sql`${charge.microUsd}::bigint`
    : sql`reserved_micro_usd`;
  const settled = settles || limits ? sql`true` : sql`(${move.next}) <> 'running'`;
  return [
    sql`held AS MATERIALIZED (
      SELECT id AS held_id, user_id AS held_user, ${move.next} AS wanted, ${settled} AS settles,
        ${ACTIVE_MS} AS held_active_ms, reserved_micro_usd AS held_reserved,
        COALESCE(reserved_on, ${TODAY}) AS held_on, ${charged} AS held_charge, ${SLOT_COLUMNS}
        ${limits ? sql`, ${limitColumns(limits, charged)}` : sql``}
      FROM runs WHERE id = ${move.run} AND ${move.guard} FOR NO KEY UPDATE
    )`,
    ...(most === null ? [] : roomArms(most)),
    limits
      ? sql`judged AS (SELECT *, wanted = 'running' AND reached IS NULL AND held_most > 0 AND NOT crowded AS asks
          FROM (SELECT *, ${most === null ? sql`false` : CROWDED} AS crowded FROM held) AS seen, LATERAL (SELECT CASE WHEN wanted NOT IN ('running', 'queued') THEN NULL
            WHEN held_steps >= held_max_steps THEN 'steps'
            WHEN held_active_ms >= held_max_ms THEN 'duration'
            WHEN held_most > 0 AND held_left < held_least THEN 'cost' END AS reached) AS reaching)`
      : sql`judged AS (SELECT * FROM held)`,
    sql`costs AS (
      SELECT day, sum(spent) AS spent, sum(released) AS released, sum(least) AS least, sum(most) AS most FROM (
        SELECT held_on AS day, held_charge AS spent, held_reserved AS released, 0 AS least, 0 AS most
        FROM judged WHERE settles AND (held_charge > 0 OR held_reserved > 0)
        ${limits ? sql`UNION ALL SELECT ${TODAY}, 0, 0, held_least, LEAST(held_most, held_left) FROM judged WHERE asks` : sql``}
      ) AS parts GROUP BY day ORDER BY day
    )`,
    dayArm(limits !== undefined),
    ...(limits ? [limitedVerdict, notices(limits.speech)] : [freeVerdict]),
  ];
}

const limitColumns = (
  { exempt = sql`false`, stepCount, least, most, dailyLimitMicroUsd }: Required<Spending>['limits'],
  charged: SQL,
) =>
  sql`${stepCount} AS held_steps, max_steps AS held_max_steps, max_duration_seconds * 1000::bigint AS held_max_ms,
    max_cost_micro_usd AS held_max_cost, cost_micro_usd + delegated_micro_usd + ${charged} AS held_cost,
    max_cost_micro_usd - cost_micro_usd - delegated_micro_usd - ${charged} AS held_left,
    ${least} AS held_least, ${most} AS held_most, warned AS held_warned,
    status = 'waiting' AND waiting_for = 'budget' AS held_waited, ${exempt} AS held_exempt,
    COALESCE((SELECT daily_cost_limit_micro_usd FROM users WHERE users.id = runs.user_id),
      ${dailyLimitMicroUsd}::bigint) AS day_limit`;

/** `LEAST` passes over NULL, which is what no limit is. */
const grant = (left: SQL) =>
  sql`LATERAL (SELECT CASE WHEN c.most > 0 AND LEAST(c.most, ${left}) >= c.least THEN LEAST(c.most, ${left}) ELSE 0 END
    AS amount) AS given`;

const dayArm = (asks: boolean) => {
  const limit = asks ? sql`(SELECT day_limit FROM judged)` : sql`NULL::bigint`;
  return sql`day AS (
    INSERT INTO daily_costs AS d (user_id, day, spent_micro_usd, reserved_micro_usd, granted_micro_usd)
    SELECT held_user, c.day, c.spent, given.amount, given.amount
    FROM judged, costs c, ${grant(sql`${limit} - c.spent`)} ORDER BY c.day
    ON CONFLICT (user_id, day) DO UPDATE SET (spent_micro_usd, reserved_micro_usd, granted_micro_usd) = (
      SELECT d.spent_micro_usd + c.spent, d.reserved_micro_usd - c.released + given.amount, given.amount
      FROM costs c, ${grant(sql`${limit} - d.spent_micro_usd - c.spent - d.reserved_micro_usd + c.released`)}
      WHERE c.day = excluded.day)
    RETURNING d.day, spent_micro_usd AS day_spent, reserved_micro_usd AS day_reserved, granted_micro_usd AS day_granted
  )`;
};

const freeVerdict = sql`verdict AS MATERIALIZED (SELECT *, wanted AS next_status, 0 AS to_reserve FROM judged)`;

const limitedVerdict = sql`verdict AS MATERIALIZED (
  SELECT *, CASE WHEN to_reached IS NOT NULL THEN 'waiting' WHEN crowded THEN 'queued' ELSE wanted END AS next_status,
    CASE WHEN asks THEN day_granted ELSE 0 END AS to_reserve,
    CASE WHEN to_reached = 'dailyCost' THEN CASE WHEN day_reserved > 0 AND day_limit - day_spent >= held_least
      THEN LEAST(${MIDNIGHT}, ${NOW} + make_interval(secs => ${CROWDED_MS / 1000}::float8)) ELSE ${MIDNIGHT} END END AS to_wake
  FROM (
    SELECT *, CASE WHEN NOT held_exempt THEN COALESCE(reached, CASE WHEN asks AND day_granted = 0 THEN 'dailyCost' END) END
      AS to_reached
    FROM judged LEFT JOIN day ON day.day = ${TODAY}
  ) AS found)`;

/**
 * What is told of the limits, as events: a warning of each that is nearly used up, once; the one that is reached, with the
 * least limit under which the next step may begin. A run that
 * looked whether its user's day has room again, and found none, says nothing.
 */
const notices = (speech: BudgetSpeech) => sql`notices AS (
  SELECT to_tell || CASE WHEN is_silent OR to_reached IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object(
      'type', 'run.waiting', 'data', jsonb_build_object('waitingFor', 'budget', 'budget', to_reached),
      'speech', ${toJson(speech)}::jsonb #> ARRAY[to_reached, 'waiting'])) END AS to_tell, to_warn
  FROM (
    SELECT to_reached, is_silent,
      COALESCE(jsonb_agg(jsonb_build_object('type', 'budget.' || said,
        'data', jsonb_build_object('budget', budget, 'limit', most, 'used', used)
          || CASE WHEN said = 'reached' THEN jsonb_build_object('needed', needed) ELSE '{}' END,
        'speech', ${toJson(speech)}::jsonb #> ARRAY[budget, said]) ORDER BY said = 'reached')
        FILTER (WHERE said IS NOT NULL), '[]') AS to_tell,
      COALESCE(array_agg(warning) FILTER (WHERE said = 'warning'), '{}') AS to_warn
    FROM (
      SELECT *, CASE
        WHEN budget = to_reached THEN CASE WHEN NOT is_silent THEN 'reached' END
        WHEN next_status NOT IN ('completed', 'failed', 'cancelled') AND used >= most * ${WARN_AT}::float8
          AND warning <> ALL (held_warned) THEN 'warning' END AS said
      FROM verdict,
        LATERAL (SELECT held_waited AND to_reached IS NOT DISTINCT FROM 'dailyCost' AS is_silent) AS silence,
        LATERAL (VALUES
          ('steps', 'steps', held_max_steps::float8, held_steps::float8, held_steps + 1.0),
          ('duration', 'duration', (held_max_ms / 1000)::float8, floor(held_active_ms / 1000.0)::float8,
            floor(held_active_ms / 1000.0) + 1),
          ('cost', 'cost', (held_max_cost / 1e6)::float8, (held_cost / 1e6)::float8,
            (held_cost + held_least) / 1e6),
          ('dailyCost', 'dailyCost ' || ${TODAY}, (day_limit / 1e6)::float8,
            ((day_spent + CASE WHEN to_reached IS NULL THEN 0 ELSE day_reserved END) / 1e6)::float8,
            (day_spent + day_reserved + held_least) / 1e6)
        ) AS budgets (budget, warning, most, used, needed)
    ) AS said GROUP BY to_reached, is_silent
  ) AS told)`;

/** What the move assigns to the row beside its own: time, money, and what was said of the limits. */
export function spendingColumns({ charge, limits }: Spending): SQL[] {
  const isEstimate = charge ? charge.isEstimate : true;
  return [
    sql`active_ms = held_active_ms`,
    sql`active_since = CASE WHEN ${NEXT} = 'running' THEN ${NOW} END`,
    sql`cost_micro_usd = cost_micro_usd + CASE WHEN settles THEN held_charge ELSE 0 END`,
    ...(isEstimate
      ? [
          sql`estimated_cost_micro_usd = estimated_cost_micro_usd + CASE WHEN settles THEN held_charge ELSE 0 END`,
        ]
      : []),
    sql`reserved_micro_usd = CASE WHEN settles THEN to_reserve ELSE reserved_micro_usd END`,
    sql`reserved_on = CASE WHEN NOT settles THEN reserved_on WHEN to_reserve > 0 THEN ${TODAY} END`,
    ...(limits ? [sql`warned = warned || to_warn`] : []),
  ];
}

/**
 * The limit that a waiting run waits for, over the row under an alias; null when it waits for none. Only those who wait for
 * their user's day look again by themselves.
 */
export const waitingForBudget = (r: SQL) => sql`CASE WHEN ${r}.waiting_for IS DISTINCT FROM 'budget' THEN NULL
  WHEN ${r}.wake_at IS NOT NULL THEN 'dailyCost'
  WHEN ${r}.step_no >= ${r}.max_steps THEN 'steps'
  WHEN ${r}.active_ms >= ${r}.max_duration_seconds * 1000::bigint THEN 'duration' ELSE 'cost' END`;
