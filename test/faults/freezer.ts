import type { Actor } from './actors.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Actors that stand still, as a worker does whose machine is suspended: it knows nothing of it when it goes on. */
export interface Freezer {
  /** Resolves when the actor goes on: after so long, or when it is thawed. */
  freeze(actor: Actor, ms: number): Promise<void>;
  /** Resolves at once for an actor that is not frozen. */
  wait(actor: Actor): Promise<void>;
  /** Lets the workers of earlier epochs of a run go on. */
  thaw(runId: string, epoch: number): void;
}

export function createFreezer(time: VirtualTime): Freezer {
  const waiting = new Map<Actor, PromiseWithResolvers<void>>();
  const release = (actor: Actor) => {
    actor.frozenUntilMs = time.now();
    waiting.get(actor)?.resolve();
    waiting.delete(actor);
  };
  return {
    freeze(actor, ms) {
      const end = Promise.withResolvers<void>();
      waiting.set(actor, end);
      actor.frozenUntilMs = time.now() + ms;
      void time.sleep(ms).then(() => {
        if (waiting.get(actor) === end) release(actor);
      });
      return end.promise;
    },
    wait: async (actor) => waiting.get(actor)?.promise,
    thaw(runId, epoch) {
      for (const actor of [...waiting.keys()]) {
        if (actor.runId === runId && actor.epoch !== null && actor.epoch < epoch) release(actor);
      }
    },
  };
}
