import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { pkce } from '../../support/github.ts';
import type { Flow } from './world.ts';

const organisations = z.object({ data: z.array(z.object({ id: z.string(), isPersonal: z.boolean() })) });

/** Somebody who comes with a token of the deployment's own provider, and links their GitHub account. */
export const issuers: Flow = async ({ call, cloud, issuer }) => {
  issuer.answer = () => new Response('Busy', { status: 503 });
  await call('getUser', { token: await issuer.token() });
  issuer.answer = undefined;
  // The cool-down of ten seconds is real time here.
  await new Promise((resolve) => setTimeout(resolve, 10_100));

  const claims = { name: 'Ada', org: 'acme', org_name: 'Acme', roles: ['boss'] };
  const token = await issuer.token(claims);
  await call('listRepositories', { token });
  const { body } = await call('listOrganisations', { token });
  const mapped = organisations.parse(body).data.find(({ isPersonal }) => !isPersonal);
  const path = { organisationId: mapped?.id ?? '' };
  await call('inviteMember', { token, path, body: { role: 'member' } });

  const returned = async (login: string, state: string) => {
    const { codeVerifier, codeChallenge } = pkce();
    const redirectUri = 'https://phone.test/signed-in';
    const asked = new URLSearchParams({ redirectUri, state, codeChallenge, login });
    const began = await cloud.app.request(`/auth/github/authorize?${asked}`);
    const approved = await fetch(began.headers.get('location') ?? '', { redirect: 'manual' });
    const code = new URL(approved.headers.get('location') ?? '').searchParams.get('code');
    return { state, code, codeVerifier, redirectUri };
  };
  await cloud.db.execute(sql`UPDATE users SET github_id = NULL WHERE login = 'octo'`);
  await call('linkGithub', { token, body: await returned('octo', 'Tj4mWq0bXr8sY2cN6vRz1k') });
  await call('linkGithub', { token, body: await returned('demo', 'Ab5nXr1cYs9tZ3dP7wSa2m') });
  const another = await issuer.token({ sub: 'person-2' });
  await call('linkGithub', { token: another, body: await returned('demo', 'Cd6pYs2dZt0uA4eQ8xTb3n') });
};
