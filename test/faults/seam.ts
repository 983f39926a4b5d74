import { z } from 'zod';
import type { FetchRouter } from '../support/fetch-router.ts';
import { type Actor, asNobody, currentActor } from './actors.ts';
import { bill } from './budget/bill.ts';
import { type RequestMode, SERVICES, type Service } from './fault.ts';
import type { Freezer } from './freezer.ts';
import { LEASE_MS } from './limits.ts';
import type { Person } from './person.ts';
import { runOf, type Sent, type Simulation } from './simulation.ts';
import { isSubscription, never, strike } from './strike.ts';
import { stateOf } from './transitions/moves.ts';
import type { VirtualTime } from './virtual-time.ts';
import { mayChangeRuns } from './writes.ts';

/** A simulated run and the user in it. */
export interface Scene {
  simulation: Simulation;
  person: Person;
  /** Names for what differs from run to run. */
  mask(text: string): string;
}

/** What stands between the product and its services. */
export interface Seam {
  intercept: FetchRouter['intercept'];
  /** From here on nobody is answered. */
  close(): void;
}

/**
 * @param options.scene the run under way, if one is
 * @param options.look looks at the runs after a statement that may have written
 * @param options.freezeMs how long one stands still that nobody supersedes
 * @param options.textOf the body of a request
 */
export function createSeam(options: {
  time: VirtualTime;
  frozen: Freezer;
  freezeMs: number;
  textOf: FetchRouter['textOf'];
  scene: () => Scene | undefined;
  look: (actor: Actor, sent: Sent, statement: string) => Promise<void>;
}): Seam {
  const { time, frozen, freezeMs, textOf } = options;
  const statements = createLane();
  /** Whoever is still at it when their simulation is over would count in the next one, and dies. */
  const scenes = new WeakMap<Actor, Scene>();
  let closed = false;

  /** Lets a request take effect. Statements go one by one, each looked at before the next. */
  async function serve(sent: Sent, actor: Actor, request: Request, send: () => Promise<Response>) {
    const { service } = sent;
    const exchange = () => asNobody(async () => whole(service, await send()));
    if (service !== 'neon') return time.track(exchange());
    const text = await time.track(textOf(request));
    return time.track(
      statements(async () => {
        const isCancelled = options.scene()?.simulation.runs.get(actor.runId ?? '')?.row.cancel_requested;
        const response = await exchange();
        if (mayChangeRuns(text)) await asNobody(() => options.look(actor, sent, text));
        const renews = RENEWS.test(text);
        if (isCancelled && TELLS_FLAGS.test(text)) tellToStop.set(response, !renews);
        if (renews && (await isEmpty(response))) tellToStop.set(response, true);
        return response;
      }),
    );
  }

  /**
   * Answers that tell of a cancel or of another worker, and whether nothing at all may begin after them: effects may after a
   * heartbeat that tells of a cancel.
   */
  const tellToStop = new WeakMap<Response, boolean>();

  function learn(actor: Actor, response: Response): void {
    const isFinal = tellToStop.get(response);
    if (isFinal !== undefined) actor.mayNot.askModel = true;
    if (isFinal) actor.mayNot.haveEffects = true;
  }

  async function stillThere(actor: Actor): Promise<void> {
    await frozen.wait(actor);
    if (actor.dead) await never();
  }

  return {
    close() {
      closed = true;
    },
    async intercept(name, request, send) {
      const actor = currentActor();
      const service = SERVICES.find((known) => known === name);
      if (closed) return never();
      const scene = options.scene();
      if (!actor || !service) return asNobody(send);
      const own = scenes.get(actor) ?? scene;
      if (!own || own !== scene) {
        actor.die();
        return never();
      }
      scenes.set(actor, own);
      const { simulation, person, mask } = scene;
      const moment = async (when: 'before' | 'after', nth: number) => {
        if (actor.kind === 'delivery') await person.reach(service, nth, when);
      };
      await stillThere(actor);
      const nth = simulation.requests.filter((sent) => sent.service === service).length + 1;
      const path = mask(new URL(request.url).pathname);
      const what = `${request.method} ${path}`;
      const state = stateOf(runOf(simulation, actor));
      const { kind, lastMove: after } = actor;
      const atMs = time.now() - simulation.startedAtMs;
      const sent: Sent = { service, nth, actor: kind, atMs, what, state, after, mode: 'none', moves: [] };
      simulation.requests.push(sent);
      const at = simulation.requests.length - 1;
      if (actor.kind === 'delivery')
        simulation.wrong.push(...judgeBeginning({ service, nth, method: request.method }, actor));
      await moment('before', nth);
      if (service === 'model') {
        const told = await textOf(request);
        await person.hear(turnsBefore(told));
        simulation.told.push(told);
      }
      const mode = simulation.plan.request(service, nth, time.now() - simulation.startedAtMs);
      if (mode) simulation.struckAt.push(at);
      sent.mode = mode ?? 'none';
      if (mode && service === 'neon') actor.isExcused = true;
      const sendOn = async () => {
        // What is late may come when all is over.
        if (options.scene() !== scene) return never();
        const response = await serve(sent, actor, request, send);
        if (service === 'model' && mayBeBilled(mode)) bill(simulation, response);
        await moment('after', nth);
        return response;
      };
      const freeze = () => {
        actor.isExcused = true;
        // A request of the user or a tick has no successor: what it was about to do waits for it.
        if (actor.kind !== 'delivery') simulation.endsByMs += freezeMs;
        return frozen.freeze(actor, freezeMs);
      };
      const delay = () => time.sleep(SLOW_MS);
      const blow = { service, actor, send: sendOn, givenUp: abortOf(request.signal), delay, freeze };
      const response = await (mode ? strike(mode, blow) : sendOn());
      await stillThere(actor);
      learn(actor, response);
      return response;
    },
  };
}

/** An answer that is lost on its way is one that the product cannot know the cost of. */
const mayBeBilled = (mode: RequestMode | undefined): boolean =>
  mode !== 'answerLost' && mode !== 'gatewayLost' && mode !== 'garbled';

/** Longer than a lease, and too long for a statement, which is given up after 15 s; services on the web have 20 s. */
export const SLOW_MS = LEASE_MS + 4_000;

export const abortOf = (signal: AbortSignal): Promise<never> => {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return promise;
};

const rowsSchema = z.object({ rows: z.array(z.unknown()) });

/** Whether a statement's answer has no row. */
async function isEmpty(response: Response): Promise<boolean> {
  const answer = rowsSchema.safeParse(await response.clone().json());
  return answer.success && answer.data.rows.length === 0;
}

const TELLS_FLAGS = /cancel_requested/;
const RENEWS = /UPDATE runs SET lease_expires_at/;

/** What is wrong with a delivery that asks for this. */
function judgeBeginning(
  { service, nth, method }: { service: Service; nth: number; method: string },
  { runId, mayNot }: Actor,
): string[] {
  const hasEffect = (service === 'github' || service === 'web') && method !== 'GET';
  if (service !== 'model' && !hasEffect) return [];
  if (runId === null) return [`${service}${nth} is of a delivery that has no run`];
  const isTooLate = service === 'model' ? mayNot.askModel : mayNot.haveEffects;
  return isTooLate ? [`${service}${nth} began after its worker was told to stop`] : [];
}

const turnsSchema = z.object({ messages: z.array(z.object({ role: z.string() })) });

/** How many turns the model has taken in the conversation that it is sent. */
function turnsBefore(told: string): number {
  const { messages } = turnsSchema.parse(JSON.parse(told));
  return messages.filter(({ role }) => role === 'assistant').length;
}

/** An answer with its whole body at hand; a model's comes in pieces, which take time, and a subscription's never ends. */
export async function whole(service: Service, response: Response): Promise<Response> {
  // The database's is a text, which is at hand.
  if (service === 'model' || service === 'neon') return response;
  if (isSubscription(service, response) || response.body === null) return response;
  const { status, headers } = response;
  return new Response(await response.arrayBuffer(), { status, headers });
}

/** Work that is done one piece after the other. */
export function createLane() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}
