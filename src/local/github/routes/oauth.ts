import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { type Core, findUser } from '../core.ts';
import { type ExchangeFailure, exchangeCode, isAllowedRedirect, issueCode, refreshToken } from '../oauth.ts';
import type { TokenRecord } from '../types.ts';
import { page } from '../views/page.ts';

const docs = 'https://docs.github.com/apps/managing-oauth-apps';

const failures: Record<ExchangeFailure, { error_description: string; error_uri: string }> = {
  incorrect_client_credentials: {
    error_description: 'The client_id and/or client_secret passed are incorrect.',
    error_uri: `${docs}/troubleshooting-oauth-app-access-token-request-errors/#incorrect-client-credentials`,
  },
  bad_verification_code: {
    error_description: 'The code passed is incorrect or expired.',
    error_uri: `${docs}/troubleshooting-oauth-app-access-token-request-errors/#bad-verification-code`,
  },
  bad_refresh_token: {
    error_description: 'The refresh token passed is incorrect or expired.',
    error_uri:
      'https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens',
  },
  redirect_uri_mismatch: {
    error_description: 'The redirect_uri MUST match the registered callback URL for this application.',
    error_uri: `${docs}/troubleshooting-authorization-request-errors/#redirect-uri-mismatch2`,
  },
};

/** Signing in: the page where a person would approve, and the exchange of its code. */
export function registerOAuth(web: Hono, core: Core): void {
  web.get('/login/oauth/authorize', (c) => {
    const asked = new URL(c.req.url).searchParams;
    const refusal = refuse(core, c, asked);
    if (refusal) return refusal;
    const login = asked.get('login');
    if (login !== null) return approve(core, c, asked, login);
    const people = core.state.data.users.filter(({ type }) => type === 'User');
    return c.html(
      page(
        'Authorize',
        html`<h1>Sign in to continue</h1>
          <p>The application asks for: <code>${asked.get('scope') ?? 'public data only'}</code></p>
          <form method="post" action="/login/oauth/authorize">
            ${[...asked].map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
            ${people.map(({ login }) => html`<button name="approve" value="${login}">Authorize as ${login}</button> `)}
            <button name="deny" value="1">Cancel</button>
          </form>`,
      ),
    );
  });

  web.post('/login/oauth/authorize', async (c) => {
    const asked = new URLSearchParams(await c.req.text());
    const refusal = refuse(core, c, asked);
    if (refusal) return refusal;
    if (asked.has('deny')) {
      return back(c, core, asked, {
        error: 'access_denied',
        error_description: 'The user has denied your application access.',
        error_uri: `${docs}/troubleshooting-authorization-request-errors/#access-denied`,
      });
    }
    return approve(core, c, asked, asked.get('approve') ?? '');
  });

  web.post('/login/oauth/access_token', async (c) => {
    const fields = await readFields(c);
    const client = { clientId: fields.get('client_id'), clientSecret: fields.get('client_secret') };
    const outcome =
      fields.get('grant_type') === 'refresh_token'
        ? refreshToken(core, { ...client, refreshToken: fields.get('refresh_token') })
        : exchangeCode(core, {
            ...client,
            code: fields.get('code'),
            redirectUri: fields.get('redirect_uri'),
            verifier: fields.get('code_verifier'),
          });
    await core.state.save();
    // GitHub answers 200 to refusals too.
    const answer =
      typeof outcome === 'string' ? { error: outcome, ...failures[outcome] } : granted(core, outcome);
    c.header('Cache-Control', 'no-store');
    // Clients reckon the expiry from it.
    c.header('Date', new Date(core.nowMs()).toUTCString());
    if ((c.req.header('accept') ?? '').includes('application/json')) return c.json(answer);
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(answer)) form.set(name, String(value));
    return c.body(form.toString(), 200, {
      'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8',
    });
  });
}

/** GitHub writes a scope of a GitHub App as an empty text. */
function granted(core: Core, { token, scopes, expiry }: TokenRecord): Record<string, string | number> {
  if (expiry === undefined) return { access_token: token, scope: scopes.join(','), token_type: 'bearer' };
  const inSeconds = (ms: number) => Math.round((ms - core.nowMs()) / 1000);
  return {
    access_token: token,
    expires_in: inSeconds(expiry.expiresAtMs),
    refresh_token: expiry.refreshToken,
    refresh_token_expires_in: inSeconds(expiry.refreshExpiresAtMs),
    scope: '',
    token_type: 'bearer',
  };
}

/** What stands against the request as a whole; undefined when nothing does. */
function refuse(core: Core, c: Context, asked: URLSearchParams): Response | undefined {
  if (asked.get('client_id') !== core.clientId) return notFoundPage(c);
  const redirectUri = asked.get('redirect_uri') ?? core.callbackUrl;
  if (redirectUri === undefined) return notFoundPage(c);
  if (!isAllowedRedirect(core.callbackUrl, redirectUri)) {
    if (core.callbackUrl === undefined) return notFoundPage(c);
    const details = failures.redirect_uri_mismatch;
    asked.delete('redirect_uri');
    return back(c, core, asked, { error: 'redirect_uri_mismatch', ...details });
  }
  if (asked.has('code_challenge') && asked.get('code_challenge_method') !== 'S256') {
    const error_description = 'The code_challenge_method must be S256.';
    return back(c, core, asked, { error: 'invalid_request', error_description });
  }
  return undefined;
}

async function approve(core: Core, c: Context, asked: URLSearchParams, login: string): Promise<Response> {
  const user = findUser(core, login);
  if (user?.type !== 'User') return notFoundPage(c);
  const code = issueCode(core, {
    login: user.login,
    scopes: (asked.get('scope') ?? '').split(/[\s,]+/).filter((scope) => scope !== ''),
    redirectUri: asked.get('redirect_uri') ?? core.callbackUrl ?? '',
    challenge: asked.get('code_challenge'),
  });
  await core.state.save();
  return back(c, core, asked, { code });
}

/** Sends the browser back to the application, with its `state`. */
function back(c: Context, core: Core, asked: URLSearchParams, answer: Record<string, string>): Response {
  const target = new URL(asked.get('redirect_uri') ?? core.callbackUrl ?? core.url);
  for (const [name, value] of Object.entries(answer)) target.searchParams.set(name, value);
  const state = asked.get('state');
  if (state !== null) target.searchParams.set('state', state);
  return c.redirect(target.href, 302);
}

function notFoundPage(c: Context): Response {
  return c.text('Not Found', 404);
}

/** The fields of a form or of a JSON object; `client_id` and the secret may also come as query parameters. */
async function readFields(c: Context): Promise<Map<string, string>> {
  const text = await c.req.text();
  const fields = new Map(new URL(c.req.url).searchParams);
  if (!(c.req.header('content-type') ?? '').includes('json')) {
    for (const [name, value] of new URLSearchParams(text)) fields.set(name, value);
    return fields;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return fields;
    for (const [name, field] of Object.entries(value)) if (typeof field === 'string') fields.set(name, field);
  } catch {
    // A body that cannot be read carries no credentials, and is refused for that.
  }
  return fields;
}
