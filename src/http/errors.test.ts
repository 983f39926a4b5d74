import { DrizzleQueryError } from 'drizzle-orm';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { describe, expect, it } from 'vitest';
import { testContext } from '../../test/support/context.ts';
import { AppError } from '../domain/errors.ts';
import type { AppEnv } from './app-env.ts';
import { answerError, PROBLEMS, problemSchema, toProblem } from './errors.ts';

/** What a caller gets and the log keeps when a handler throws this. */
async function answerTo(error: unknown) {
  const context = testContext();
  const app = new Hono<AppEnv>();
  app.onError((thrown, c) => answerError(thrown, c, context));
  app.use(async (c, next) => {
    c.set('requestId', 'req_1');
    await next();
  });
  app.get('/', () => {
    throw error;
  });
  const response = await app.request('/');
  const body = await response.text();
  return { status: response.status, headers: response.headers, body, log: context.lines.join('\n') };
}

describe('a foreseen error', () => {
  it('is problem json with everything a client decides by', async () => {
    const errors = [{ field: 'body.name', message: 'Too long' }];
    const { status, headers, body, log } = await answerTo(
      new AppError('validationFailed', 'Not valid.', { errors }),
    );
    expect(status).toBe(400);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(JSON.parse(body)).toEqual({
      type: 'urn:problem-type:cadence:validationFailed',
      title: 'The request is not valid',
      status: 400,
      code: 'validationFailed',
      detail: 'Not valid.',
      requestId: 'req_1',
      errors,
    });
    expect(log).toBe('');
  });

  it('says when to come back', async () => {
    const { headers } = await answerTo(new AppError('githubUnavailable', 'Away.', { retryAfterSeconds: 7 }));
    expect(headers.get('retry-after')).toBe('7');
  });

  it('of status 401 challenges, and accuses only who sent a token', async () => {
    const missing = await answerTo(new AppError('accessTokenMissing', 'Send one.'));
    expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="cadence"');
    const expired = await answerTo(new AppError('accessTokenExpired', 'It is "old".'));
    expect(expired.headers.get('www-authenticate')).toBe(
      `Bearer realm="cadence", error="invalid_token", error_description="It is 'old'."`,
    );
  });

  it('is valid whatever its code', async () => {
    for (const code of Object.keys(PROBLEMS).filter((key): key is keyof typeof PROBLEMS => key in PROBLEMS)) {
      const response = toProblem(new AppError(code, 'A sentence.'), 'req_1');
      expect(problemSchema.parse(await response.json())).toMatchObject({ code, status: response.status });
    }
  });
});

describe('an unforeseen error', () => {
  it('tells the caller nothing and the log everything', async () => {
    const { status, body, log } = await answerTo(new TypeError('the secret reason'));
    expect(status).toBe(500);
    expect(body).not.toContain('secret');
    expect(JSON.parse(body)).toMatchObject({ code: 'internal', requestId: 'req_1' });
    expect(log).toContain('the secret reason');
    expect(log).toContain('"requestId":"req_1"');
  });

  it('of the database keeps parameters out of the log as well', async () => {
    const cause = Object.assign(new Error('syntax error'), { code: '42601' });
    const { status, body, log } = await answerTo(new DrizzleQueryError('SELECT $1', ['a-secret'], cause));
    expect(status).toBe(500);
    expect(body + log).not.toContain('a-secret');
    expect(log).toContain('42601');
  });

  it('of a database that does not answer is a 503 to be tried again', async () => {
    const { status, headers, log } = await answerTo(
      new DrizzleQueryError('SELECT 1', [], new Error('Error connecting to database')),
    );
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('2');
    expect(log).toContain('Error connecting to database');
  });

  it('of the framework that we did not expect is internal', async () => {
    expect((await answerTo(new HTTPException(418, { message: 'teapot' }))).status).toBe(500);
  });
});
