import type { Core } from '../core.ts';
import { userOf } from '../core.ts';
import { isAlive } from '../oauth.ts';
import type { Viewer } from './context.ts';

/**
 * Who an `Authorization` header names: `Bearer` or `token` with a token, or `Basic` with the token as password
 * (or as user name, as Git clients with a token in the URL send it).
 *
 * @returns `anonymous` without a header, `refused` for an unknown token or scheme
 */
export function authenticate(core: Core, header: string | undefined): Viewer | 'anonymous' | 'refused' {
  if (header === undefined) return 'anonymous';
  const [scheme = '', value = ''] = header.trim().split(/\s+/, 2);
  const viewer = candidates(scheme.toLowerCase(), value)
    .map((token) => viewerOf(core, token))
    .find((found) => found !== undefined);
  return viewer ?? 'refused';
}

function candidates(scheme: string, value: string): string[] {
  if (scheme === 'bearer' || scheme === 'token') return [value];
  if (scheme !== 'basic') return [];
  const [name = '', ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return [password.join(':'), name];
}

function viewerOf(core: Core, token: string): Viewer | undefined {
  const record = core.state.data.tokens.find(
    (candidate) => candidate.token === token && isAlive(core, candidate),
  );
  return record && { user: userOf(core, record.login), scopes: record.scopes };
}
