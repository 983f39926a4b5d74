import { AsyncLocalStorage } from 'node:async_hooks';

/** A piece of the product at work: a delivery, a request of the user's phone, or a tick of the cron trigger. */
export interface Actor {
  kind: 'delivery' | 'user' | 'cron';
  /** The dispatch that a delivery brings. */
  dispatchNo: number | null;
  /** What the user asked for. */
  what: string;
  /** The run and the epoch of the claim it won, once it did. */
  runId: string | null;
  epoch: number | null;
  /** What it last made of a run, as `commitStep → queued`. */
  lastMove: string;
  /** What it must not begin any more, because it was told of a cancel, or that it has lost its run. */
  mayNot: { askModel: boolean; haveEffects: boolean };
  /** A dead one never runs again: its requests get no answer and its timers never fire. */
  dead: boolean;
  /** Its work is over. */
  isDone: boolean;
  /** It stood still, or a statement of it went wrong: it may lose its run without anybody's fault. */
  isExcused: boolean;
  /** Until then it stands still, timers included, as a worker does whose machine is suspended. */
  frozenUntilMs: number;
  /** Rejects when it dies, which is when its caller's connection breaks. */
  died: Promise<never>;
  die(): void;
}

const storage = new AsyncLocalStorage<Actor>();

/** Who is at work here; undefined is the harness and the stand-ins, which no fault strikes. */
export const currentActor = (): Actor | undefined => storage.getStore();

/** Does the work of nobody: what a stand-in starts while it answers an actor does not die with that one. */
export const asNobody = <T>(work: () => T): T => storage.exit(work);

/** Lets a new actor work; rejects when it dies. */
export function act<T>(
  kind: Actor['kind'],
  work: () => Promise<T>,
  { what = '', dispatchNo = null }: Partial<Pick<Actor, 'what' | 'dispatchNo'>> = {},
): Promise<T> {
  const { promise: died, reject } = Promise.withResolvers<never>();
  died.catch(() => undefined);
  const actor: Actor = {
    kind,
    dispatchNo,
    what,
    runId: null,
    epoch: null,
    lastMove: '',
    mayNot: { askModel: false, haveEffects: false },
    dead: false,
    isDone: false,
    isExcused: false,
    frozenUntilMs: 0,
    died,
    die() {
      actor.dead = true;
      reject(new TypeError('socket hang up'));
    },
  };
  const done = storage.run(actor, work).finally(() => {
    actor.isDone = true;
  });
  return Promise.race([done, died]);
}
