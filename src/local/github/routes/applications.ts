import { Hono } from 'hono';
import { z } from 'zod';
import { readBody } from '../api/body.ts';
import type { Api, ApiContext, ApiEnv } from '../api/context.ts';
import { writeError } from '../api/doors.ts';
import { notFound, validationFailed } from '../api/errors.ts';
import { type Core, userOf } from '../core.ts';
import { isSecret } from '../oauth.ts';
import type { TokenRecord } from '../types.ts';
import { renderUser } from '../views/accounts.ts';

const tokenBody = z.object({ access_token: z.string() });

/**
 * What an OAuth app may ask about the tokens it was given, with its id and secret as Basic credentials.
 * These sit before the doors of the API, because the credentials are the app's and not a user's.
 */
export function createApplications(core: Core): Api {
  const api = new Hono<ApiEnv>();
  api.onError(writeError);
  const path = '/applications/:client/token';

  api.post(path, async (c) => {
    const record = await tokenOf(core, c);
    if (!record) throw validationFailed({ resource: 'OauthAccess', field: 'access_token', code: 'invalid' });
    return c.json({
      id: 1,
      url: `${core.apiUrl}/authorizations/1`,
      app: { client_id: core.clientId, name: 'Cadence', url: core.url },
      token: record.token,
      hashed_token: '',
      token_last_eight: record.token.slice(-8),
      note: null,
      note_url: null,
      fingerprint: null,
      expires_at: null,
      scopes: record.scopes,
      created_at: record.createdAt,
      updated_at: record.createdAt,
      user: renderUser(core, userOf(core, record.login)),
    });
  });

  for (const revoked of [path, '/applications/:client/grant'] as const) {
    api.delete(revoked, async (c) => {
      const record = await tokenOf(core, c);
      if (!record)
        throw validationFailed({ resource: 'OauthAccess', field: 'access_token', code: 'invalid' });
      const everything = revoked !== path;
      core.state.data.tokens = core.state.data.tokens.filter((token) =>
        everything ? token.login !== record.login : token !== record,
      );
      await core.state.save();
      return c.body(null, 204);
    });
  }
  return api;
}

async function tokenOf(core: Core, c: ApiContext): Promise<TokenRecord | undefined> {
  const [scheme, value = ''] = (c.req.header('authorization') ?? '').split(' ', 2);
  const [id, secret = ''] = Buffer.from(value, 'base64').toString('utf8').split(':', 2);
  const known = scheme?.toLowerCase() === 'basic' && id === core.clientId && isSecret(core, secret);
  if (!known || c.req.param('client') !== core.clientId) throw notFound();
  const { access_token } = await readBody(c, tokenBody);
  return core.state.data.tokens.find(({ token }) => token === access_token);
}
