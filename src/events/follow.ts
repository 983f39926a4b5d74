import { describeError, type Log } from '../log.ts';
import { readDagEvents } from '../store/dag-events.ts';
import type { Database } from '../store/database.ts';
import { type EventCursor, type EventsPage, readAgentEvents, readRunEvents } from '../store/run-events.ts';
import type { Viewer } from '../store/standing.ts';
import { isTerminal } from '../store/states.ts';
import { type Clock, systemClock } from './clock.ts';
import type { FollowItem } from './follow-item.ts';
import type { LiveFeed, LiveMessage } from './live.ts';
import { type Mailbox, openMailbox } from './mailbox.ts';
import { createTextTail } from './text-tail.ts';
import type { MessageDelta, StoredEvent } from './types.ts';

/** How long the first look at Postgres waits for the subscription, so that one look is mostly enough. */
const SUBSCRIBE_PATIENCE_MS = 250;
/** A follower without a subscription looks this often; with one, after this much silence, then twice as much and so on. */
const POLL_MS = 2_000;
const MAX_SILENCE_MS = 30_000;
/** A hole in the text that Redis could not fill is not asked about again before this. */
const HOLE_PAUSE_MS = 1_000;
/** Failures of Postgres in a row that a follower sits through before its stream breaks and the client comes back. */
const MAX_READ_FAILURES = 5;

/** What following takes of the live feed. */
export type FollowedFeed = Pick<LiveFeed, 'subscribe' | 'textSoFar'>;

export interface FollowPorts {
  db: Database;
  live: FollowedFeed;
  clock?: Clock;
  log?: Log;
}

interface FollowOptions {
  /** Ends the stream without a word. */
  signal: AbortSignal;
  /** When the follower's token expires, in milliseconds since the epoch: the stream ends with `auth.expired`. */
  until?: number;
  /** Who follows: as soon as they would no longer be let in, the stream ends in the same way. */
  viewer?: Viewer;
}

/** A log to follow: how to read it, where it goes on and how its places are called. `agentId` names its channel, also that of an execution. */
export interface Source {
  agentId: string;
  start: EventCursor | null;
  read(cursor: EventCursor | null): Promise<EventsPage | null>;
  idOf(cursor: EventCursor): string;
  /** Whether another run may follow the one under way. */
  goesOn: boolean;
}

/**
 * Follows one run: its durable events behind `after` in order, without gaps or repeats, and its model text as it streams.
 * Ends after the terminal event, or when the run is deleted.
 *
 * @throws the database's error when it cannot be read several times in a row
 */
export function followRun(
  ports: FollowPorts,
  options: FollowOptions & { runId: string; agentId: string; after: number },
): AsyncGenerator<FollowItem, void> {
  const { runId, agentId, after } = options;
  return follow(ports, options, {
    agentId,
    start: { runId, seq: after },
    read: (cursor) => readRunEvents(ports.db, runId, cursor?.seq ?? 0, options.viewer),
    idOf: ({ seq }) => String(seq),
    goesOn: false,
  });
}

/**
 * Follows an agent through its runs; from its first event when `after` is null. Ends when the agent is deleted, or
 * archived and at rest.
 *
 * @throws the database's error when it cannot be read several times in a row
 */
export function followAgent(
  ports: FollowPorts,
  options: FollowOptions & { agentId: string; after: EventCursor | null },
): AsyncGenerator<FollowItem, void> {
  const { agentId, after } = options;
  return follow(ports, options, {
    agentId,
    start: after,
    read: (cursor) => readAgentEvents(ports.db, agentId, cursor, options.viewer),
    idOf: ({ runId, seq }) => `${runId}.${seq}`,
    goesOn: true,
  });
}

/**
 * Follows an execution of a DAG: what happens to it and its nodes, and the events of all their runs, in one order. Ends when it is over.
 *
 * @throws the database's error when it cannot be read several times in a row
 */
export function followExecution(
  ports: FollowPorts,
  options: FollowOptions & { executionId: string; after: number },
): AsyncGenerator<FollowItem, void> {
  const { executionId, after } = options;
  return follow(ports, options, {
    agentId: executionId,
    start: { runId: executionId, seq: after },
    read: (cursor) => readDagEvents(ports.db, executionId, cursor?.seq ?? 0, options.viewer),
    idOf: ({ seq }) => String(seq),
    // The end of one of its runs is not its own, and one that has failed may go on.
    goesOn: true,
  });
}

/**
 * The loop behind all of them. It subscribes first, then reads what is past the cursor from Postgres, then follows what comes
 * live. Postgres is the truth: a live event is passed on only when it is the next one, anything else makes it look there.
 */
export async function* follow(
  ports: Omit<FollowPorts, 'db'>,
  { signal, until, viewer }: FollowOptions,
  source: Source,
): AsyncGenerator<FollowItem, void> {
  const { live, clock = systemClock, log } = ports;
  const over = new AbortController();
  const end = () => over.abort();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const mailbox = openMailbox(live, source.agentId, clock, over.signal);
  const follower = createFollower({ live, clock, log }, source, mailbox, viewer !== undefined);
  try {
    await mailbox.wait(SUBSCRIBE_PATIENCE_MS);
    while (!over.signal.aborted && !follower.isOver()) {
      if (until !== undefined && clock.now() >= until) {
        yield AUTH_EXPIRED;
        return;
      }
      const dueInMs = follower.readDueInMs();
      const message = dueInMs > 0 ? mailbox.take() : undefined;
      if (dueInMs <= 0) yield* follower.readOn();
      else if (message) yield* follower.receive(message);
      else await mailbox.wait(until === undefined ? dueInMs : Math.min(dueInMs, until - clock.now()));
    }
    if (follower.isRefused()) yield AUTH_EXPIRED;
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

const AUTH_EXPIRED: FollowItem = { kind: 'control', type: 'auth.expired', data: {} };

function createFollower(
  ports: { live: FollowedFeed; clock: Clock; log?: Log },
  source: Source,
  mailbox: Mailbox,
  mayBeRefused: boolean,
) {
  const { live, clock, log } = ports;
  let cursor = source.start;
  let text = createTextTail();
  let over = false;
  let refused = false;
  /** Runs that this stream has left behind; late messages of theirs mean nothing. */
  const past = new Set<string>();
  let readAtMs = Number.NEGATIVE_INFINITY;
  let heardAtMs = clock.now();
  let silenceMs = POLL_MS;
  let failures = 0;
  let holeAtMs = Number.NEGATIVE_INFINITY;

  function pass(runId: string, event: StoredEvent): FollowItem {
    if (cursor?.runId !== runId) {
      if (cursor) past.add(cursor.runId);
      text = createTextTail();
    }
    cursor = { runId, seq: event.seq };
    text.pass(event);
    if (!source.goesOn && TERMINAL_EVENTS.has(event.type)) over = true;
    return { kind: 'event', id: source.idOf(cursor), event };
  }

  /** One page, or null when there is none to be had now. */
  async function readPage(): Promise<EventsPage | null> {
    readAtMs = clock.now();
    try {
      const page = await source.read(cursor);
      failures = 0;
      refused = page?.stands === false;
      if (page === null || refused) over = true;
      return refused ? null : page;
    } catch (error) {
      log?.warn('followReadFailed', { agentId: source.agentId, error: describeError(error) });
      if (++failures >= MAX_READ_FAILURES) throw error;
      heardAtMs = clock.now();
      silenceMs = POLL_MS;
      return null;
    }
  }

  async function* readOn(): AsyncGenerator<FollowItem, void> {
    const joins = mailbox.takeLoss() && mailbox.isConnected();
    let found = false;
    for (;;) {
      const page = await readPage();
      if (page === null) return;
      const jump = resumeAt(cursor, page, cursor === source.start);
      if (jump) {
        yield gap(cursor, jump.to);
        cursor = jump.to;
        text = createTextTail();
      }
      for (const { runId, ...event } of page.events) {
        const before = cursor?.runId === runId ? cursor.seq : 0;
        if (event.seq > before + 1) yield gap({ runId, seq: before }, { runId, seq: event.seq - 1 });
        found = true;
        yield pass(runId, event);
      }
      if (page.more || jump?.again) continue;
      over ||= page.closed && isAtRest(cursor, page);
      heardAtMs = clock.now();
      silenceMs = found || joins ? POLL_MS : Math.min(silenceMs * 2, MAX_SILENCE_MS);
      if (joins && !over) yield* joinText(page);
      return;
    }
  }

  const gap = (from: EventCursor | null, to: EventCursor | null): FollowItem => ({
    kind: 'control',
    type: 'gap',
    data: { after: from ? source.idOf(from) : '', resumedAfter: to && source.idOf(to) },
  });

  /** Who comes in mid-sentence first gets the text so far. The step under way is the one after the last committed. */
  async function* joinText({ latest }: EventsPage): AsyncGenerator<FollowItem, void> {
    if (latest?.status !== 'running' || latest.runId !== cursor?.runId) return;
    const place = { stepNo: latest.stepNo + 1, attempt: latest.epoch };
    const soFar = await live.textSoFar(latest.runId, place.stepNo, place.attempt);
    if (soFar !== '') yield* text.accept({ ...place, from: 0, text: soFar }).items;
  }

  async function* receive(message: LiveMessage): AsyncGenerator<FollowItem, void> {
    if (message.kind === 'recheck') {
      yield* readOn();
      return;
    }
    if (message.runId !== cursor?.runId) {
      if (!source.goesOn || past.has(message.runId)) return;
      yield* readOn();
      if (over || message.runId !== cursor?.runId) return;
    }
    if (message.kind === 'delta') yield* receiveDelta(message.runId, message.delta);
    else yield* receiveEvents(message.runId, message.events, message.lastSeq);
    heardAtMs = clock.now();
    silenceMs = POLL_MS;
  }

  async function* receiveEvents(runId: string, events: StoredEvent[], lastSeq: number) {
    let reached = cursor?.seq ?? 0;
    for (const event of events) {
      if (event.seq !== reached + 1) continue;
      reached = event.seq;
      yield pass(runId, event);
    }
    if (!over && lastSeq > reached) yield* readOn();
  }

  async function* receiveDelta(runId: string, delta: MessageDelta): AsyncGenerator<FollowItem, void> {
    if (text.skipsEvents(delta)) {
      yield* readOn();
      if (over || cursor?.runId !== runId) return;
    }
    const { items, hole } = text.accept(delta);
    yield* items;
    if (!hole || clock.now() - holeAtMs < HOLE_PAUSE_MS) return;
    holeAtMs = clock.now();
    const soFar = await live.textSoFar(runId, delta.stepNo, delta.attempt);
    yield* text.accept({ ...delta, from: 0, text: soFar }).items;
    yield* text.accept(delta).items;
  }

  return {
    isOver: () => over,
    isRefused: () => refused,
    readOn,
    receive,
    /** Milliseconds until Postgres is to be looked at; zero or less means now. */
    readDueInMs(): number {
      if (mailbox.isConnected()) {
        if (mailbox.hasLoss()) return 0;
        const quietUntilMs = Math.max(heardAtMs, readAtMs) + silenceMs;
        // However much comes live: whether it may go on, only Postgres knows.
        const atLatestMs = mayBeRefused ? readAtMs + MAX_SILENCE_MS : Number.POSITIVE_INFINITY;
        return Math.min(quietUntilMs, atLatestMs) - clock.now();
      }
      return readAtMs + POLL_MS - clock.now();
    },
  };
}

const TERMINAL_EVENTS: ReadonlySet<string> = new Set(['run.completed', 'run.failed', 'run.cancelled']);

/** Where to go on when the cursor points at nothing; null when it is sound. */
function resumeAt(
  cursor: EventCursor | null,
  { cursorEnd, latest }: EventsPage,
  isClients: boolean,
): { to: EventCursor | null; again: boolean } | null {
  if (cursor === null) return null;
  if (cursorEnd === null) {
    return { to: latest && { runId: latest.runId, seq: latest.eventSeq }, again: true };
  }
  // What this stream itself passed on did exist: a read that does not know it yet is only behind.
  return isClients && cursor.seq > cursorEnd ? { to: { ...cursor, seq: cursorEnd }, again: false } : null;
}

/** Whether nothing can come any more from a log to which no run will be added. */
function isAtRest(cursor: EventCursor | null, { latest }: EventsPage): boolean {
  if (latest === null) return true;
  return isTerminal(latest.status) && cursor?.runId === latest.runId && cursor.seq >= latest.eventSeq;
}
