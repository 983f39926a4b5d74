import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type NeonOptions, start } from './neon.ts';

const connection = 'postgres://cadence:local@neon.local/cadence';
let template: Blob;
let dataDir: string;

const query = async (url: string, text: string) => {
  const response = await fetch(`${url}/sql`, {
    method: 'POST',
    headers: { 'Neon-Connection-String': connection },
    body: JSON.stringify({ query: text }),
  });
  return response.json();
};
const withServer = async <T>(options: NeonOptions, use: (url: string) => Promise<T>): Promise<T> => {
  const server = await start(options);
  try {
    return await use(server.url);
  } finally {
    await server.close();
  }
};

beforeAll(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'neon-')), 'pg');
  const server = await start();
  expect(server.connectionString()).toBe(connection);
  await query(server.url, 'CREATE TABLE kept (n int)');
  await query(server.url, 'INSERT INTO kept VALUES (1)');
  template = await server.dump();
  await server.close();
  await expect(
    server.fetch(new Request(`${server.url}/sql`, { method: 'POST', body: '{}' })),
  ).resolves.toMatchObject({
    status: 500,
  });
});
afterAll(() => rm(join(dataDir, '..'), { recursive: true, force: true }));

it('starts from a template, which stays usable', async () => {
  await withServer({ template }, async (url) => {
    expect(await query(url, 'SELECT n FROM kept')).toMatchObject({ rows: [{ n: 1 }] });
    await query(url, 'DELETE FROM kept');
  });
});

it('stays responsive while a statement runs', async () => {
  await withServer({ template: await template.arrayBuffer() }, async (url) => {
    const slow = query(url, 'SELECT n, pg_sleep(0.5) FROM kept').then(() => 'statement');
    const refusal = fetch(url).then(({ status }) => status);
    expect(await Promise.race([slow, refusal])).toBe(400);
    await slow;
  });
});

it('keeps its data in a directory through kill -9, and ignores the template then', async () => {
  const script = `
    const { start } = await import(${JSON.stringify(new URL('./neon.ts', import.meta.url).href)});
    const chunks = []; for await (const chunk of process.stdin) chunks.push(chunk);
    const server = await start({ dataDir: ${JSON.stringify(dataDir)}, template: new Blob(chunks) });
    console.log(server.url);`;
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin?.end(Buffer.from(await template.arrayBuffer()));
  const [line] = child.stdout ? await once(child.stdout, 'data') : [];
  expect(await query(String(line).trim(), 'INSERT INTO kept VALUES (2)')).toMatchObject({ rowCount: 1 });
  child.kill('SIGKILL');
  await once(child, 'exit');

  await withServer({ dataDir, template }, async (url) => {
    expect(await query(url, 'SELECT n FROM kept ORDER BY n')).toMatchObject({ rows: [{ n: 1 }, { n: 2 }] });
  });
});

it('says why it cannot start', async () => {
  await expect(start({ dataDir: import.meta.filename })).rejects.toThrow('EEXIST');
});
