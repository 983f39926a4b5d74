import { randomBytes } from 'node:crypto';
import type { DeadLetter, FlowControl, FlowKey, Message, Queue, Schedule } from './types.ts';

/** Repeats are recognised for ten minutes (docs: features/deduplication, openapi). */
const DEDUPLICATION_WINDOW_MS = 10 * 60 * 1000;

export interface SigningKeys {
  current: string;
  next: string;
}

interface Remembered {
  messageId: string;
  until: number;
}

/** The state as it is written to disk: everything a delivery may still depend on, not the logs. */
export interface Snapshot {
  version: 1;
  keys: SigningKeys;
  sequence: number;
  messages: Message[];
  schedules: Schedule[];
  queues: Queue[];
  flowKeys: FlowKey[];
  deadLetters: DeadLetter[];
  deduplication: [string, Remembered][];
}

/** Everything the service remembers. Plain maps; whoever changes them calls for a save. */
export class Store {
  keys: SigningKeys;
  readonly messages: Map<string, Message>;
  readonly schedules: Map<string, Schedule>;
  readonly queues: Map<string, Queue>;
  readonly flowKeys: Map<string, FlowKey>;
  readonly deadLetters: Map<string, DeadLetter>;
  readonly #deduplication: Map<string, Remembered>;
  #sequence: number;

  constructor(keys: SigningKeys, saved?: Snapshot) {
    this.keys = saved?.keys ?? keys;
    this.#sequence = saved?.sequence ?? 0;
    this.messages = new Map((saved?.messages ?? []).map((message) => [message.messageId, message]));
    this.schedules = new Map((saved?.schedules ?? []).map((schedule) => [schedule.scheduleId, schedule]));
    this.queues = new Map((saved?.queues ?? []).map((queue) => [queue.name, queue]));
    this.flowKeys = new Map((saved?.flowKeys ?? []).map((flow) => [flow.key, flow]));
    this.deadLetters = new Map((saved?.deadLetters ?? []).map((letter) => [letter.dlqId, letter]));
    this.#deduplication = new Map(saved?.deduplication ?? []);
  }

  snapshot(): Snapshot {
    return {
      version: 1,
      keys: this.keys,
      sequence: this.#sequence,
      messages: [...this.messages.values()],
      schedules: [...this.schedules.values()],
      queues: [...this.queues.values()],
      flowKeys: [...this.flowKeys.values()],
      deadLetters: [...this.deadLetters.values()],
      deduplication: [...this.#deduplication],
    };
  }

  nextSequence(): number {
    return ++this.#sequence;
  }

  rotateKeys(): void {
    this.keys = { current: this.keys.next, next: newId('sig_') };
  }

  /** The message that took this deduplication id within the window; it counts even when it is long done. */
  findDuplicate(key: string, now: number): string | undefined {
    const remembered = this.#deduplication.get(key);
    return remembered && remembered.until > now ? remembered.messageId : undefined;
  }

  rememberDuplicate(key: string, messageId: string, now: number): void {
    for (const [old, { until }] of this.#deduplication) {
      if (until > now) break;
      this.#deduplication.delete(old);
    }
    this.#deduplication.delete(key);
    this.#deduplication.set(key, { messageId, until: now + DEDUPLICATION_WINDOW_MS });
  }

  /** Creates the queue unless it exists. */
  ensureQueue(name: string, now: number): Queue {
    const existing = this.queues.get(name);
    if (existing) return existing;
    const queue: Queue = { name, parallelism: 1, paused: false, createdAt: now, updatedAt: now };
    this.queues.set(name, queue);
    return queue;
  }

  /** Creates the flow control key, or gives it the newest configuration, except where that is pinned. */
  configureFlow(control: FlowControl, now: number): void {
    const existing = this.flowKeys.get(control.key);
    if (!existing) {
      this.flowKeys.set(control.key, { ...newFlowKey(control.key, now), ...control });
      return;
    }
    if (!existing.pinnedParallelism) existing.parallelism = control.parallelism;
    if (!existing.pinnedRate) {
      existing.rate = control.rate;
      existing.periodSeconds = control.periodSeconds;
    }
  }

  /** Creates the flow control key without limits unless it exists. */
  ensureFlowKey(key: string, now: number): FlowKey {
    const flow = this.flowKeys.get(key) ?? newFlowKey(key, now);
    this.flowKeys.set(key, flow);
    return flow;
  }
}

function newFlowKey(key: string, now: number): FlowKey {
  return {
    key,
    periodSeconds: 1,
    paused: false,
    pinnedParallelism: false,
    pinnedRate: false,
    rateCount: 0,
    periodStart: now,
  };
}

export function newId(prefix: string): string {
  return prefix + randomBytes(18).toString('base64url').replaceAll(/[-_]/g, 'x');
}
