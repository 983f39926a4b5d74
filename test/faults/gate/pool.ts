import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { COMPILED, ROOMY } from '../compiled.ts';
import { isDagCase } from '../dag/is-dag-case.ts';
import { DELIVERY_MODES, REQUEST_MODES, SERVICES } from '../fault.ts';
import type { Simulated } from '../simulation.ts';

const SHARE = fileURLToPath(new URL('./share.ts', import.meta.url));
const MOST_SHARES = 4;

/** What a share tells of a run. */
const doneSchema = z.object({
  name: z.string(),
  wrong: z.array(z.string()),
  gaveUp: z.boolean(),
  didWork: z.boolean(),
  tookMs: z.number(),
  requests: z.array(
    z.object({
      service: z.enum(SERVICES),
      nth: z.number(),
      atMs: z.number(),
      actor: z.enum(['delivery', 'user', 'cron']),
      what: z.string(),
      state: z.string(),
      after: z.string(),
      mode: z.union([z.enum(REQUEST_MODES), z.literal('none')]),
      moves: z.array(z.object({ name: z.string(), from: z.string(), to: z.string() })),
    }),
  ),
  struckAt: z.array(z.number()),
  deliveries: z.number(),
  deliveryFaults: z.array(z.enum(DELIVERY_MODES)),
  steps: z.number(),
  latestEventMs: z.number().nullable(),
}) satisfies z.ZodType<Simulated & { name: string }>;
export type Done = z.infer<typeof doneSchema>;

/** What a share tells of the execution of a DAG. */
const dagDoneSchema = z.object({
  name: z.string(),
  wrong: z.array(z.string()),
  requests: z.array(
    z.object({ service: z.enum(SERVICES), nth: z.number(), actor: z.enum(['delivery', 'user', 'cron']) }),
  ),
  deliveries: z.number(),
  faults: z.number(),
  attempts: z.number(),
  statements: z.number(),
  tookMs: z.number(),
  computeMs: z.number(),
});
type DagDone = z.infer<typeof dagDoneSchema>;

/** Hears of what was simulated, of either kind. */
export interface Listener {
  add(done: Done): void;
  addDag(done: DagDone): void;
}

/** Processes that share the runs, one for each core: time and `fetch` are replaced for a whole process. */
export interface Pool {
  /** @throws Error when the process that simulates it ends */
  run(name: string): Promise<Done>;
  /** The execution of a DAG. @throws Error likewise */
  runDag(name: string): Promise<DagDone>;
  /** Simulates them all; what it is given may be made as it is asked for. */
  runAll(names: Iterable<string>, listener: Listener): Promise<void>;
  close(): void;
}

export function createPool(onCrash: (what: string) => void): Pool {
  const shares = Math.min(MOST_SHARES, availableParallelism());
  const all = new Set<ChildProcess>();
  const idle: Promise<ChildProcess>[] = Array.from({ length: shares }, openShare);
  const waiting: ((share: Promise<ChildProcess>) => void)[] = [];
  let isClosed = false;

  async function openShare(): Promise<ChildProcess> {
    const share = fork(SHARE, { env: { ...process.env, ...COMPILED }, execArgv: ROOMY });
    all.add(share);
    share.once('close', () => all.delete(share));
    await new Promise((resolve, reject) => {
      share.once('message', resolve);
      share.once('close', (code) => reject(new Error(`a share ended with ${code} before its first run`)));
    });
    return share;
  }
  const take = (): Promise<ChildProcess> =>
    idle.shift() ?? new Promise<ChildProcess>((resolve) => waiting.push(resolve));
  const giveBack = (share: Promise<ChildProcess>) => {
    const next = waiting.shift();
    if (next) next(share);
    else idle.push(share);
  };

  const ask = async (name: string): Promise<unknown> => {
    const share = await take();
    const ended = Promise.withResolvers<never>();
    const end = (code: number | null) => ended.reject(new Error(`its process ended with ${code}`));
    share.once('close', end);
    try {
      share.send(name);
      const message = await Promise.race([
        new Promise<unknown>((resolve) => share.once('message', resolve)),
        ended.promise,
      ]);
      giveBack(Promise.resolve(share));
      return message;
    } catch (error) {
      if (!isClosed) giveBack(openShare());
      throw error;
    } finally {
      share.off('close', end);
    }
  };

  const run = async (name: string) => doneSchema.parse(await ask(name));
  const runDag = async (name: string) => dagDoneSchema.parse(await ask(name));

  return {
    run,
    runDag,
    async runAll(names, { add, addDag }) {
      const rest = names[Symbol.iterator]();
      await Promise.all(
        Array.from({ length: shares }, async () => {
          for (let next = rest.next(); !next.done && !isClosed; next = rest.next()) {
            const name = next.value;
            const done = isDagCase(name) ? runDag(name).then(addDag) : run(name).then(add);
            await done.catch((error: unknown) => isClosed || onCrash(`${name}: ${error}`));
          }
        }),
      );
    },
    close() {
      isClosed = true;
      for (const share of all) if (share.connected) share.disconnect();
    },
  };
}
