import { describe, expect, it } from 'vitest';
import { firstRefreshToken, readRefreshToken, successorOf } from './refresh-token.ts';

const SECRET = 'a secret of thirty-two characters';

async function fresh() {
  const token = await firstRefreshToken(SECRET, 'session_1');
  const read = await readRefreshToken(SECRET, token);
  if (read === null) throw new Error('our own token is refused');
  return read;
}

describe('refresh tokens', () => {
  it('name their session and are never the same twice', async () => {
    const one = await fresh();
    expect(one.sessionId).toBe('session_1');
    expect(one.token).toMatch(/^session_1\.[\w-]{64}$/);
    expect(one.token).not.toBe((await fresh()).token);
  });

  it('have one successor, which is a token of the same session', async () => {
    const token = await fresh();
    const successor = await successorOf(SECRET, token);
    expect(await successorOf(SECRET, token)).toBe(successor);
    expect(successor).not.toBe(token.token);
    expect(await readRefreshToken(SECRET, successor)).toEqual({ sessionId: 'session_1', token: successor });
  });

  it('have a successor nobody can compute without our secret', async () => {
    const token = await fresh();
    expect(await successorOf(`${SECRET}!`, token)).not.toBe(await successorOf(SECRET, token));
  });

  it('are told apart from made-up ones without asking the database', async () => {
    const { token } = await fresh();
    const [, secret = ''] = token.split('.');
    const altered = `session_1.${secret.slice(0, -1)}${secret.endsWith('A') ? 'E' : 'A'}`;
    for (const forged of ['', '.', 'session_1', `session_2.${secret}`, `${token}A`, `${token}.x`, altered]) {
      expect(await readRefreshToken(SECRET, forged)).toBeNull();
    }
    expect(await readRefreshToken('another secret of 32 characters..', token)).toBeNull();
  });
});
