import { describe, expect, it } from 'vitest';
import { testContext } from '../../test/support/context.ts';
import { door } from '../../test/support/door.ts';
import { tokenFor } from '../../test/support/token.ts';
import { createApp } from '../app.ts';

describe('authenticate', () => {
  const context = testContext();
  const api = door(createApp(context));
  const ask = (authorization: string) => api.get('/tools', { headers: { authorization } });

  it('lets in who brings a token of ours, however the scheme is written', async () => {
    const token = await tokenFor(context);
    for (const header of [`Bearer ${token}`, `bearer ${token}`, `Bearer  ${token}`]) {
      expect((await ask(header)).status).toBe(200);
    }
  });

  it('tells an expired token from a bad one', async () => {
    const token = await tokenFor(context);
    const later = testContext();
    later.clock.now = new Date(context.now().getTime() + 900_000);
    const { status, body, headers } = await door(createApp(later)).get('/tools', { token });
    expect(status).toBe(401);
    expect(body.code).toBe('accessTokenExpired');
    expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('refuses a token of another deployment', async () => {
    const other = testContext();
    const elsewhere = { ...other, settings: { ...other.settings, publicUrl: 'https://elsewhere.test' } };
    const { status, body } = await ask(`Bearer ${await tokenFor(elsewhere)}`);
    expect(status).toBe(401);
    expect(body.code).toBe('accessTokenInvalid');
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Bearer a b', 'Bearer <script>', 'nonsense'])(
    'refuses the header %j',
    async (header) => {
      const { status, body } = await ask(header);
      expect(status).toBe(401);
      expect(['accessTokenInvalid', 'accessTokenMissing']).toContain(body.code);
    },
  );

  it('puts the user into the line of the log and the token nowhere', async () => {
    const token = await tokenFor(context, 'user_log');
    await ask(`Bearer ${token}`);
    expect(context.lines.at(-1)).toContain('"userId":"user_log"');
    expect(context.lines.join()).not.toContain(token);
  });
});
