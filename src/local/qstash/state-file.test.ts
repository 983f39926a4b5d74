import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@upstash/qstash';
import { expect, it, onTestFinished } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { DEVELOPMENT_CREDENTIALS } from './start.ts';
import { loadSnapshot, StateFile } from './state-file.ts';
import { Store } from './store.ts';
import { createTestbed, hold } from './testbed.ts';

const url = (name: string | number) => `http://app.test/${name}`;

async function newStateFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'qstash-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'state', 'qstash.json');
}

it('keeps what matters over a restart', async () => {
  const stateFile = await newStateFile();
  const before = await createTestbed({ stateFile });
  before.answerWith(() => new Response('no', { status: 500 }));
  await before.client.publish({ url: url('dead'), retries: 0 });
  await before.service.idle();
  const waiting = await before.client.publishJSON({
    url: url('waiting'),
    body: { n: 1 },
    delay: 60,
    deduplicationId: 'once',
  });
  await before.client.queue({ queueName: 'q' }).upsert({ parallelism: 3, paused: true });
  await before.client.schedules.create({ scheduleId: 's', destination: url('s'), cron: '0 0 1 1 *' });
  await before.call('/v2/keys/rotate', { method: 'POST' });
  const keys = await (await before.call('/v2/keys')).json();
  await before.service.close();

  const after = await createTestbed({ stateFile });
  expect(await after.client.publishJSON({ url: url('waiting'), deduplicationId: 'once' })).toEqual({
    messageId: waiting.messageId,
    deduplicated: true,
  });
  expect((await after.client.dlq.listMessages()).messages).toMatchObject([{ url: url('dead') }]);
  expect(await after.client.schedules.list()).toMatchObject([{ scheduleId: 's' }]);
  expect(await after.client.queue({ queueName: 'q' }).get()).toMatchObject({ parallelism: 3, paused: true });
  expect(await (await after.call('/v2/keys')).json()).toEqual(keys);
  await after.clock.advance(60_000);
  expect(after.received).toMatchObject([{ url: url('waiting'), body: '{"n":1}' }]);
});

it('delivers again what was on its way when it closed', async () => {
  const stateFile = await newStateFile();
  const before = await createTestbed({ stateFile });
  before.answerWith(hold().answer);
  const { messageId } = await before.client.publish({ url: url(1), body: 'x' });
  await before.clock.advance(0, { settle: false });
  expect(before.received).toHaveLength(1);
  await before.service.close();

  const after = await createTestbed({ stateFile });
  await after.service.idle();
  expect(after.received.map(({ headers }) => headers.get('upstash-message-id'))).toEqual([messageId]);
  expect(after.received[0]?.headers.get('upstash-retried')).toBe('0');
});

it('makes up once for the slots it missed', async () => {
  const stateFile = await newStateFile();
  const start = Date.parse('2026-06-01T08:30:00Z');
  const before = await createTestbed({ stateFile, clock: new ManualClock(start) });
  await before.client.schedules.create({ destination: url('s'), cron: '0 * * * *' });
  await before.service.close();

  const after = await createTestbed({ stateFile, clock: new ManualClock(start + 5 * 3_600_000) });
  await after.service.idle();
  expect(after.received).toHaveLength(1);
});

it('has an accepted message on disk before it answers, so kill -9 does not lose it', async () => {
  const stateFile = await newStateFile();
  const script = `
    const { start } = await import(${JSON.stringify(new URL('./start.ts', import.meta.url).href)});
    const service = await start({ stateFile: ${JSON.stringify(stateFile)} });
    console.log(service.url);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [line] = await once(child.stdout, 'data');
  const { token } = DEVELOPMENT_CREDENTIALS;
  const client = new Client({ baseUrl: String(line).trim(), token, retry: false, devMode: false });
  const { messageId } = await client.publish({ url: url('survivor'), delay: 60 });
  child.kill('SIGKILL');
  await once(child, 'exit');

  const after = await createTestbed({ stateFile });
  expect(await after.client.messages.get(messageId)).toMatchObject({ url: url('survivor') });
});

it('writes a change that comes just as the write before it ends', async () => {
  const path = await newStateFile();
  const store = new Store({ current: 'a', next: 'b' });
  const file = new StateFile(path, () => store.snapshot());
  for (let round = 0; round < 30; round++) {
    file.changed();
    await file.flushed().then(() => {
      store.nextSequence();
      file.changed();
    });
    await file.flushed();
    expect(await loadSnapshot(path)).toMatchObject({ sequence: round + 1 });
  }
});

it('says so when the state cannot be written, and keeps trying', async () => {
  const path = await newStateFile();
  const store = new Store({ current: 'a', next: 'b' });
  const file = new StateFile(path, () => store.snapshot());
  await mkdir(path, { recursive: true });
  file.changed();
  await expect(file.flushed()).rejects.toThrow();
  await rm(path, { recursive: true });
  file.changed();
  await file.flushed();
  expect(await loadSnapshot(path)).toMatchObject({ version: 1 });
});

it('leaves nothing beside its file', async () => {
  const stateFile = await newStateFile();
  const { client, service } = await createTestbed({ stateFile });
  await Promise.all([1, 2, 3, 4].map((n) => client.publish({ url: url(n) })));
  await service.idle();
  expect(await readdir(join(stateFile, '..'))).toEqual(['qstash.json']);
});

it.each(['{', '{"version":99}'])('does not start over a file it cannot read: %s', async (content) => {
  const stateFile = join(await mkdtemp(join(tmpdir(), 'qstash-')), 'qstash.json');
  onTestFinished(() => rm(join(stateFile, '..'), { recursive: true, force: true }));
  await writeFile(stateFile, content);
  await expect(createTestbed({ stateFile })).rejects.toThrow();
});
