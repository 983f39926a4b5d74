import type { FetchRouter } from '../../support/fetch-router.ts';
import { type Actor, asNobody, currentActor } from '../actors.ts';
import { type DeliveryMode, type RequestMode, SERVICES, type Service } from '../fault.ts';
import type { Freezer } from '../freezer.ts';
import { LEASE_MS } from '../limits.ts';
import { abortOf, createLane, SLOW_MS, whole } from '../seam.ts';
import { never, strike } from '../strike.ts';
import type { VirtualTime } from '../virtual-time.ts';
import type { DagPlan } from './plan.ts';

/** A request of the product, as it left. */
interface DagSent {
  service: Service;
  nth: number;
  actor: Actor['kind'];
  what: string;
  mode: RequestMode | 'none';
}

/** An execution under way. */
export interface DagScene {
  /** Of the DAG, by which its execution is found. */
  name: string;
  plan: DagPlan;
  requests: DagSent[];
  deliveries: number;
  deliveryFaults: DeliveryMode[];
  wrong: Set<string>;
  status: string | null;
}

/** Longer than a lease: whoever stands still is superseded meanwhile, and goes on side by side with who came after. */
const FREEZE_MS = LEASE_MS + 70_000;

/** What stands between the product and its services while DAGs are executed. @param options.look looks at the execution after a statement */
export function createDagSeam(options: {
  time: VirtualTime;
  frozen: Freezer;
  textOf: FetchRouter['textOf'];
  scene: () => DagScene | undefined;
  look: (scene: DagScene) => Promise<void>;
}): { intercept: FetchRouter['intercept']; close(): void } {
  const { time, frozen } = options;
  const statements = createLane();
  const scenes = new WeakMap<Actor, DagScene>();
  let closed = false;

  async function serve(service: Service, request: Request, send: () => Promise<Response>, scene: DagScene) {
    const exchange = () => asNobody(async () => whole(service, await send()));
    if (service !== 'neon') return time.track(exchange());
    const text = await time.track(options.textOf(request));
    return time.track(
      statements(async () => {
        const response = await exchange();
        if (WRITES_DAGS.test(text)) await asNobody(() => options.look(scene));
        return response;
      }),
    );
  }

  return {
    close() {
      closed = true;
    },
    async intercept(name, request, send) {
      const actor = currentActor();
      const service = SERVICES.find((known) => known === name);
      const scene = options.scene();
      if (closed) return never();
      if (!actor || !service) return asNobody(send);
      const own = scenes.get(actor) ?? scene;
      // Whoever is still at it when the execution is over would count in the next one.
      if (!own || own !== scene) {
        actor.die();
        return never();
      }
      scenes.set(actor, own);
      const stillThere = async () => {
        await frozen.wait(actor);
        if (actor.dead) await never();
      };
      await stillThere();
      const nth = scene.requests.filter((sent) => sent.service === service).length + 1;
      const mode = scene.plan.request(service, nth);
      const what = `${request.method} ${new URL(request.url).pathname}`;
      scene.requests.push({ service, nth, actor: actor.kind, what, mode: mode ?? 'none' });
      const sendOn = async () => (options.scene() === scene ? serve(service, request, send, scene) : never());
      const blow = {
        service,
        actor,
        send: sendOn,
        givenUp: abortOf(request.signal),
        delay: () => time.sleep(SLOW_MS),
        freeze: () => frozen.freeze(actor, FREEZE_MS),
      };
      const response = await (mode ? strike(mode, blow) : sendOn());
      await stillThere();
      return response;
    },
  };
}

const WRITES_DAGS = /^\{"query":"(?!SELECT)[\s\S]*\bdag_(?:executions|nodes)\b/;
