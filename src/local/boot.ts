import { portInUse } from './cloud/local-cloud-error.ts';
import { type CloudOptions, type LocalCloud, startCloud } from './cloud.ts';
import { registerSchedules } from './register-schedules.ts';
import { type BuiltWorker, buildWorker } from './worker/build-worker.ts';
import { startWorkerd, type Workerd } from './worker/start-workerd.ts';

export interface BootOptions extends CloudOptions {
  /** Bindings that differ from the cloud's, such as a shorter lease. */
  env?: Record<string, string>;
  /** Each line that the Worker writes. */
  onLine?: (line: string) => unknown;
  /** Told when a stage is over, in milliseconds. */
  onStage?: (stage: Stage, tookMs: number) => void;
}

export type Stage = 'build' | 'cloud' | 'worker';

/** The whole product on this machine. */
export interface Booted {
  /** The base URL of the API, without a trailing slash. */
  url: string;
  cloud: LocalCloud;
  /** Plain workerd with the built Worker in it; another one after each crash. */
  worker(): Workerd;
  /** Ends the Worker with SIGKILL and starts it again on the same port. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Boots the local cloud and the built Worker in plain workerd over it, with the cron trigger and the hourly schedule that a
 * deployment has.
 *
 * @throws {LocalCloudError} what a person can act on, such as a port in use
 */
export async function boot({
  env,
  onLine,
  onStage = () => {},
  ...options
}: BootOptions = {}): Promise<Booted> {
  const [built, cloud] = await buildAndStart(options, onStage);
  const serve = () =>
    startWorkerd({
      bundle: built.bundle,
      env: { ...cloud.env, ...env },
      port: cloud.apiPort,
      cron: true,
      onLine,
    });
  try {
    const startedAt = Date.now();
    let worker = await serve().catch((error: Error) => {
      throw /address already in use/i.test(error.message) ? portInUse(cloud.apiPort) : error;
    });
    onStage('worker', Date.now() - startedAt);
    await registerSchedules(cloud.env);
    return {
      url: worker.url,
      cloud,
      worker: () => worker,
      async crash() {
        await worker.close();
        worker = await serve();
      },
      async close() {
        await worker.close();
        await cloud.close();
      },
    };
  } catch (error) {
    await cloud.close();
    throw error;
  }
}

/** Side by side, because both take seconds. When one fails the other is not left behind. */
async function buildAndStart(
  options: CloudOptions,
  onStage: (stage: Stage, tookMs: number) => void,
): Promise<[BuiltWorker, LocalCloud]> {
  const startedAt = Date.now();
  const noted = <Result>(stage: Stage, result: Result): Result => {
    onStage(stage, Date.now() - startedAt);
    return result;
  };
  const building = buildWorker().then((built) => noted('build', built));
  const starting = startCloud(options).then((cloud) => noted('cloud', cloud));
  try {
    return await Promise.all([building, starting]);
  } catch (error) {
    await building.catch(() => {});
    await starting.then((cloud) => cloud.close()).catch(() => {});
    throw error;
  }
}
