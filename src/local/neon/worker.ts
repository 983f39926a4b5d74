import { parentPort, workerData } from 'node:worker_threads';
import { type EngineOptions, openEngine } from './engine.ts';
import type { SqlRequest, SqlResponse } from './wire.ts';

/** What the main thread asks of the worker. Every message is answered once, with the same id. */
export type WorkerRequest = { id: number } & (
  | { kind: 'answer'; request: SqlRequest }
  | { kind: 'dump' }
  | { kind: 'close' }
);

export type WorkerReply =
  | { kind: 'ready' }
  | { kind: 'failed'; message: string }
  | { kind: 'done'; id: number; value: SqlResponse | ArrayBuffer | undefined }
  | { kind: 'threw'; id: number; message: string };

if (parentPort) await serve(parentPort, workerData);

async function serve(port: NonNullable<typeof parentPort>, options: EngineOptions): Promise<void> {
  const reply = (message: WorkerReply, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  try {
    const engine = await openEngine(options);
    port.on('message', async (message: WorkerRequest) => {
      const { id } = message;
      try {
        switch (message.kind) {
          case 'answer':
            reply({ kind: 'done', id, value: await engine.answer(message.request) });
            break;
          case 'dump': {
            const archive = await engine.dump();
            reply({ kind: 'done', id, value: archive }, [archive]);
            break;
          }
          case 'close':
            await engine.close();
            reply({ kind: 'done', id, value: undefined });
            port.close();
        }
      } catch (error) {
        reply({ kind: 'threw', id, message: String(error) });
      }
    });
    reply({ kind: 'ready' });
  } catch (error) {
    reply({ kind: 'failed', message: String(error) });
  }
}
