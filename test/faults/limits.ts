/** A lease so short that a heartbeat falls into the slow turn of the task. */
export const LEASE_MS = 15_000;
/** What one fault may cost: a lease that runs out, and the next look of the sweeper. */
export const RECOVERY_MS = LEASE_MS + 65_000;
/** How soon after its return a service that was away has runs moving again. */
export const RETURN_MS = 90_000;
/** How late a follower hears of an event while there is no Redis. */
export const FOLLOWER_MS = 2_000;
