import { isProvider } from '../../models/catalogue.ts';
import { needsKey } from '../../models/providers.ts';
import { listProviderKeys } from '../../store/provider-keys.ts';
import type { Context } from '../context.ts';
import { invalidField } from '../errors.ts';

/**
 * Asks for a key before there is an agent whose every run would fail for want of one. Keys may go later: a run says so then.
 *
 * @throws {AppError} validationFailed naming the provider, when neither this user nor the deployment can ask it
 */
export async function checkKey(
  { db, engine }: Pick<Context, 'db' | 'engine'>,
  { userId, provider }: { userId: string; provider: string },
): Promise<void> {
  if (engine.models.isConnected(provider)) return;
  if (!isProvider(provider) || !needsKey(provider)) {
    const message = `This deployment reaches no ${provider}: who runs it says where it answers. Or choose another provider; see GET /models.`;
    throw invalidField('body.provider', message);
  }
  const own = await listProviderKeys(db, userId);
  if (own.some((key) => key.provider === provider)) return;
  const message = `There is no key for ${provider}. Set one of your own with PUT /provider-keys/${provider}, or choose another provider; see GET /models.`;
  throw invalidField('body.provider', message);
}
