import { expect, it } from 'vitest';
import { hashOf } from './hash.ts';

it('keeps of a secret its SHA-256, always the same', async () => {
  expect(await hashOf('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
});
