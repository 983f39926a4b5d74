import type { MessageDelta, StoredEvent } from './types.ts';

/**
 * What followers of an agent receive while they are subscribed. `events` may lack what was too large to publish; `lastSeq`
 * always tells how far the run's log reaches, and the rest is in Postgres.
 */
export type LiveMessage =
  | { kind: 'events'; runId: string; events: StoredEvent[]; lastSeq: number }
  | { kind: 'delta'; runId: string; delta: MessageDelta }
  /** Somebody's access was revoked: look at Postgres whether it was yours. */
  | { kind: 'recheck' };

/**
 * Live progress over Upstash Redis. Redis may vanish at any time (E12): nothing here throws for that and every call is
 * bounded in time; a lost message costs followers latency, never content.
 */
export interface LiveFeed {
  /**
   * Publishes committed events on the agent's channel and forgets the text of the attempt they finish. One request.
   *
   * @param finishedText the attempt whose text is in the events now; without it the text expires by itself
   */
  publish(
    agentId: string,
    runId: string,
    events: StoredEvent[],
    finishedText?: { stepNo: number; attempt: number },
  ): Promise<void>;
  /**
   * Appends a delta to the text so far, publishes it and reads the cancel flag, in one command. An empty delta only reads.
   *
   * @returns whether a cancel was requested; null when Redis did not answer, and the delta may not have arrived: send it
   * again with the next one, overlaps are harmless
   */
  flush(agentId: string, runId: string, delta: MessageDelta): Promise<boolean | null>;
  /** Raises the flag that `flush` reads. Postgres holds the truth; this only makes it fast. */
  requestCancel(runId: string): Promise<void>;
  /** Tells followers that a run has events up to `lastSeq`, which they read from Postgres. */
  nudge(agentId: string, runId: string, lastSeq: number): Promise<void>;
  /** Makes followers of these agents, of which there is one at least, look whether they may go on. */
  recheck(agentIds: readonly string[]): Promise<void>;
  /** The text of an attempt so far, for who joins in mid-sentence; empty when there is none or Redis is away. */
  textSoFar(runId: string, stepNo: number, attempt: number): Promise<string>;
  /**
   * Follows an agent's channel. `ready` settles once the subscription is confirmed or has failed; the iterator ends when
   * the subscription does (Upstash never reconnects by itself), so the caller decides what to do next.
   */
  subscribe(agentId: string, signal: AbortSignal): LiveSubscription;
  /** When the sweeper is next due, in milliseconds since the epoch; null when unknown, which means now. */
  sweepNextAt(): Promise<number | null>;
  /** Writes a new note in place of that time, and gives it. */
  beginSweep(): Promise<string>;
  /** Sets the time if the note still stands; work created since has taken it away, and the next tick sweeps again. */
  endSweep(note: string, nextAtMs: number): Promise<void>;
  /** Called by whatever creates work, after its commit: makes the next tick of the cron sweep. */
  wakeSweeper(): Promise<void>;
  /** @throws when Redis does not answer; for the readiness report */
  ping(): Promise<void>;
}

export interface LiveSubscription {
  ready: Promise<boolean>;
  messages: AsyncIterable<LiveMessage>;
}
