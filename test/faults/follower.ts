import { EventSourceParserStream } from 'eventsource-parser/stream';
import { act } from './actors.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Between tries of a phone whose stream broke off. */
const AGAIN_MS = 1_000;

/** How a phone that follows a run was told of it. */
export interface Follower {
  /** What the database has taken: events up to this number are there to be told. */
  written(seq: number): void;
  /** What is wrong: an event that came late, out of order or not at all. */
  judge(latestMs: number): string[];
  /** The longest that an event took from the database to the phone. */
  latestMs(): number;
}

/**
 * Follows a run over its stream of events until the last one, and takes it up again when it breaks off.
 *
 * @param options.open asks for the events behind one
 * @param options.isOver whether nobody looks any more
 */
export function follow(
  time: VirtualTime,
  { open, isOver }: { open: (after: number) => Promise<Response>; isOver: () => boolean },
): Follower {
  const writtenAt: number[] = [];
  const cameAt: number[] = [];
  const wrong: string[] = [];

  const hear = (id: number) => {
    if (id !== cameAt.length + 1) wrong.push(`the phone was told of event ${id} after ${cameAt.length}`);
    cameAt.push(time.now());
  };
  const listen = async () => {
    const { body } = await open(cameAt.length);
    const events = body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { id } of events ?? []) if (id !== undefined) hear(Number(id));
  };
  const insist = async () => {
    while (!isOver()) {
      await act('user', listen, { what: 'GET events' }).catch(() => undefined);
      await time.sleep(AGAIN_MS);
    }
  };
  void insist();

  const latestMs = () => Math.max(0, ...cameAt.map((at, index) => at - (writtenAt[index] ?? at)));
  return {
    written(seq) {
      while (writtenAt.length < seq) writtenAt.push(time.now());
    },
    judge(mostMs) {
      if (cameAt.length !== writtenAt.length) {
        wrong.push(`the phone was told of ${cameAt.length} of ${writtenAt.length} events`);
      }
      if (latestMs() > mostMs) wrong.push(`an event came ${latestMs()} ms late`);
      return wrong;
    },
    latestMs,
  };
}
