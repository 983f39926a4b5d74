import { signIn } from '../sign-in.ts';
import { type ApiClient, createApiClient } from './api.ts';

/** Access tokens live 15 minutes; a task given to a real model may take longer. */
const RENEW_AFTER_MS = 10 * 60_000;

/** The API as an account of the local GitHub, signed in anew before its token expires. */
export async function openSession(baseUrl: string, login = 'demo'): Promise<ApiClient> {
  let signedIn = await signIn(baseUrl, login);
  let signedInAt = Date.now();
  return createApiClient(baseUrl, async () => {
    if (Date.now() - signedInAt > RENEW_AFTER_MS) {
      signedIn = await signIn(baseUrl, login);
      signedInAt = Date.now();
    }
    return signedIn.accessToken;
  });
}
