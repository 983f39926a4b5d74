import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type BuiltWorker, buildWorker } from '../src/local/worker/build-worker.ts';
import { startWorkerd } from '../src/local/worker/start-workerd.ts';

const metafileSchema = z.object({ inputs: z.record(z.string(), z.unknown()) });
/** What only the local cloud and the tests use. One of them in the bundle is a wrong import. */
const LOCAL_PACKAGES = ['@electric-sql', 'isomorphic-git', 'js-redis-server', '@hono/node-server', 'croner'];

let built: BuiltWorker;
let inputs: string[];
beforeAll(async () => {
  built = await buildWorker();
  inputs = Object.keys(metafileSchema.parse(JSON.parse(await readFile(built.metafile, 'utf8'))).inputs);
});

describe('the bundle of the Worker', () => {
  it('is made of the product', () => {
    expect(inputs).toContain('src/worker.ts');
    expect(inputs).toContain('src/engine/advance.ts');
  });

  it('has nothing of the local cloud, the tests or the scripts in it', () => {
    const strangers = inputs.filter(
      (path) =>
        /^(src\/local|test|scripts|bench)\//.test(path) ||
        path.endsWith('.test.ts') ||
        LOCAL_PACKAGES.some((name) => path.includes(`node_modules/${name}/`)),
    );
    expect(strangers).toEqual([]);
  });

  it('tells how large it is and how soon it answers', async () => {
    const kilobytes = Math.round(gzipSync(await readFile(built.bundle)).byteLength / 1024);
    const startedAt = performance.now();
    const worker = await startWorkerd({ bundle: built.bundle, env: {} });
    // Without its bindings it answers that it is not configured, after it was loaded like any other.
    const answer = await fetch(`${worker.url}/health`);
    const ms = Math.round(performance.now() - startedAt);
    await answer.body?.cancel();
    await worker.close();
    console.log(`bundle: ${kilobytes} kB gzipped; spawn to first answer: ${ms} ms`);
    expect(answer.status).toBe(503);
  });
});
