import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cloud, openCloud } from '../support/cloud.ts';
import { door } from '../support/door.ts';
import { openPostgres } from './database.ts';
import { findPostgres } from './server.ts';

const bin = await findPostgres();
if (bin === null)
  console.warn('Refresh storms are not tested: there is no PostgreSQL 15 or newer on this machine.');

const STORM = 24;

describe.skipIf(bin === null)('24 refreshes at once, on a real PostgreSQL', () => {
  let cloud: Cloud;
  let api: ReturnType<typeof door>;
  beforeAll(async () => {
    cloud = await openCloud({ database: await openPostgres(bin ?? '') });
    api = door(cloud.app);
  });
  afterAll(() => cloud?.close());

  const refresh = (refreshToken: string) => api.post('/auth/refresh', { refreshToken });
  const storm = (refreshToken: string) =>
    Promise.all(Array.from({ length: STORM }, () => refresh(refreshToken)));
  const told = (answers: Awaited<ReturnType<typeof storm>>) => [
    ...new Set(answers.map(({ status, body }) => (status === 200 ? 'granted' : body.code))),
  ];
  const isIn = async (token: string) => (await api.get('/me', { token })).status === 200;

  it('give one successor, however often in a row, and log nobody out', async () => {
    let { refreshToken } = await cloud.signIn();
    for (let round = 0; round < 5; round += 1) {
      const answers = await storm(refreshToken);
      expect(told(answers)).toEqual(['granted']);
      expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
      expect(await isIn(answers[0]?.body.accessToken)).toBe(true);
      refreshToken = answers[0]?.body.refreshToken;
    }
  });

  it('give the same one to who lost every answer, while nobody has used it', async () => {
    const { refreshToken } = await cloud.signIn();
    let lost = 0;
    cloud.fetches.intercept = async (service, request, send) => {
      const isRotation =
        service === 'neon' && (await request.clone().text()).includes('UPDATE sessions s SET');
      const response = await send();
      if (!isRotation) return response;
      lost += 1;
      throw new TypeError('the answer was lost');
    };
    expect(told(await storm(refreshToken))).toEqual(['unavailable']);
    cloud.fetches.intercept = (_service, _request, send) => send();
    expect(lost).toBe(STORM);
    const answers = await storm(refreshToken);
    expect(told(answers)).toEqual(['granted']);
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
  });

  it('find the thief, whichever of the two refreshes first: the session is over for both', async () => {
    const { refreshToken: stolen, accessToken } = await cloud.signIn();
    const { body: first } = await refresh(stolen);
    await refresh(first.refreshToken);
    const answers = await storm(stolen);
    expect(answers.filter(({ body }) => body.code === 'refreshTokenReused')).toHaveLength(1);
    expect(told(answers).toSorted()).toEqual(['refreshTokenReused', 'sessionEnded']);
    expect(await isIn(accessToken)).toBe(false);
    expect((await refresh(first.refreshToken)).status).toBe(401);
  });

  it('of a token and its successor make no fork: every answer is of the one chain', async () => {
    const { refreshToken: old } = await cloud.signIn();
    const { body: next } = await refresh(old);
    const answers = await Promise.all(
      Array.from({ length: STORM }, (_, n) => refresh(n % 2 === 0 ? old : next.refreshToken)),
    );
    const granted = new Set(
      answers.flatMap(({ status, body }) => (status === 200 ? [body.refreshToken] : [])),
    );
    granted.delete(next.refreshToken);
    expect(granted.size).toBeLessThanOrEqual(1);
    expect(
      told(answers).filter((what) => !['granted', 'refreshTokenReused', 'sessionEnded'].includes(what)),
    ).toEqual([]);
  });
});
