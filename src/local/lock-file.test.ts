import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tryLock } from './lock-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cadence-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

const lock = () => tryLock(join(folder, 'lock'));

describe('a lock among processes', () => {
  it('is held by one at a time', async () => {
    const first = await lock();
    expect(await lock()).toEqual({ held: false, owner: process.pid });
    if (first.held) first.release();
    expect(await lock()).toMatchObject({ held: true });
  });

  it('is held by one of many who ask at the same time', async () => {
    const attempts = await Promise.all(Array.from({ length: 20 }, lock));
    expect(attempts.filter(({ held }) => held)).toHaveLength(1);
  });

  it('is taken over from a process that is gone', async () => {
    await writeFile(join(folder, 'lock'), '999999999');
    expect(await lock()).toMatchObject({ held: true });
  });

  it('is taken over when its file says nothing', async () => {
    await writeFile(join(folder, 'lock'), '');
    expect(await lock()).toMatchObject({ held: true });
  });

  it('leaves nothing behind', async () => {
    const held = await lock();
    if (held.held) held.release();
    expect(await readdir(folder)).toEqual([]);
  });
});
