import { isProvider } from '../../models/catalogue.ts';
import { needsKey } from '../../models/providers.ts';
import { keyedProviders } from '../../store/provider-keys.ts';
import type { ModelChoice } from '../../store/states.ts';
import type { Context } from '../context.ts';
import { invalidField } from '../errors.ts';

/** Which models an agent is to ask; its own where it is named or changed. */
interface Asked {
  provider?: string | undefined;
  fallbacks?: readonly ModelChoice[] | undefined;
}

/**
 * Asks for keys before an agent asks models whose every run would fail for want of one, or that would never be fallen back on. Keys may go later: a run says so then.
 *
 * @param who whose keys are used: a user, or the one whose agent it is
 * @throws {AppError} validationFailed naming the provider or the fallback, when neither this user nor the deployment can ask it
 */
export async function checkKeys(
  { db, engine }: Pick<Context, 'db' | 'engine'>,
  who: { userId: string } | { agentId: string },
  { provider, fallbacks = [] }: Asked,
): Promise<void> {
  const asked = [
    ...(provider === undefined ? [] : [{ field: 'body.provider', provider }]),
    ...fallbacks.map((fallback, at) => ({ field: `body.fallbacks.${at}`, provider: fallback.provider })),
  ].filter((choice) => !engine.models.isConnected(choice.provider));
  const unreached = asked.find((choice) => !isProvider(choice.provider) || !needsKey(choice.provider));
  if (unreached) {
    const message = `This deployment reaches no ${unreached.provider}: who runs it says where it answers. Or choose another provider; see GET /models.`;
    throw invalidField(unreached.field, message);
  }
  const own = asked.length === 0 ? [] : await keyedProviders(db, who);
  const lacking = asked.find((choice) => !own.includes(choice.provider));
  if (!lacking) return;
  const message = `There is no key for ${lacking.provider}. Set one of your own with PUT /provider-keys/${lacking.provider}, or choose another provider; see GET /models.`;
  throw invalidField(lacking.field, message);
}
