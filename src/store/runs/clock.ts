import { sql } from 'drizzle-orm';

/**
 * The moment of a statement, read once: the clock runs on while a statement does, and two readings of it could decide the
 * same question differently.
 */
export const CLOCK = sql`clock AS MATERIALIZED (SELECT engine_now() AS now)`;
export const NOW = sql`(SELECT now FROM clock)`;
