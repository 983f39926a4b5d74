import { describe, expect, it } from 'vitest';
import { open, SealError, seal } from './seal.ts';

const KEY = '0f'.repeat(32);
const PLACE = 'users/user_1/githubToken';

describe('seal', () => {
  it('opens with the same key at the same place', async () => {
    const sealed = await seal(KEY, PLACE, 'gho_sécret');
    expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]+$/);
    expect(sealed).not.toContain('gho_');
    expect(await open(KEY, PLACE, sealed)).toBe('gho_sécret');
  });

  it('never seals to the same text twice', async () => {
    expect(await seal(KEY, PLACE, 'a')).not.toBe(await seal(KEY, PLACE, 'a'));
  });

  it('does not open in another row', async () => {
    const sealed = await seal(KEY, PLACE, 'a');
    await expect(open(KEY, 'users/user_2/githubToken', sealed)).rejects.toThrow(SealError);
  });

  it('does not open with another key and says that it is another', async () => {
    const sealed = await seal(KEY, PLACE, 'a');
    await expect(open('f0'.repeat(32), PLACE, sealed)).rejects.toThrow('another key');
  });

  it('does not open when any part was altered', async () => {
    const sealed = await seal(KEY, PLACE, 'some secret');
    const [version, id, payload = ''] = sealed.split('.');
    for (let at = 0; at < payload.length - 1; at += 1) {
      const flipped = `${payload.slice(0, at)}${payload[at] === 'A' ? 'B' : 'A'}${payload.slice(at + 1)}`;
      await expect(open(KEY, PLACE, `${version}.${id}.${flipped}`)).rejects.toThrow(SealError);
    }
  });

  it.each(['', 'plain', 'v2.aa.bb', 'v1.00000000.AAAA', 'v1.a.b.c'])('refuses %j', async (text) => {
    await expect(open(KEY, PLACE, text)).rejects.toThrow(SealError);
  });
});
