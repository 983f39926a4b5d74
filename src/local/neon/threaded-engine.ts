import { Worker } from 'node:worker_threads';
import type { EngineOptions } from './engine.ts';
import type { SqlEngine, SqlResponse } from './wire.ts';
import type { WorkerReply, WorkerRequest } from './worker.ts';

/**
 * Opens the engine in a worker thread: PGlite blocks its thread while a statement runs, and the main thread has
 * HTTP to serve.
 *
 * @throws what opening the database threw, as text
 */
export async function openThreadedEngine(options: EngineOptions): Promise<SqlEngine> {
  // Flags of the process (such as `--input-type`) are not for the worker, and some would stop it.
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: options, execArgv: [] });
  const waiting = new Map<number, PromiseWithResolvers<SqlResponse | ArrayBuffer | undefined>>();
  const ready = Promise.withResolvers<void>();
  let nextId = 1;
  let ended: Error | undefined;

  const end = (error: Error) => {
    ended ??= error;
    ready.reject(ended);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', () => end(new Error('the database thread has ended')));
  worker.on('message', (reply: WorkerReply) => {
    switch (reply.kind) {
      case 'ready':
        return ready.resolve();
      case 'failed':
        return end(new Error(reply.message));
      case 'done':
        waiting.get(reply.id)?.resolve(reply.value);
        break;
      case 'threw':
        waiting.get(reply.id)?.reject(new Error(reply.message));
    }
    waiting.delete(reply.id);
  });

  const ask = (message: (id: number) => WorkerRequest) => {
    const answer = Promise.withResolvers<SqlResponse | ArrayBuffer | undefined>();
    if (ended) answer.reject(ended);
    else {
      const id = nextId++;
      waiting.set(id, answer);
      worker.postMessage(message(id));
    }
    return answer.promise;
  };

  await ready.promise.catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });
  return {
    async answer(request) {
      const value = await ask((id) => ({ id, kind: 'answer', request }));
      if (value === undefined || value instanceof ArrayBuffer) throw new Error('unexpected reply');
      return value;
    },
    async dump() {
      const value = await ask((id) => ({ id, kind: 'dump' }));
      if (!(value instanceof ArrayBuffer)) throw new Error('unexpected reply');
      return value;
    },
    async close() {
      if (!ended) await ask((id) => ({ id, kind: 'close' }));
      await worker.terminate();
    },
  };
}
