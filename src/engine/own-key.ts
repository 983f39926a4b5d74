import type { RunContext } from '../store/runs/history.ts';
import type { Engine } from './engine.ts';

/** The user's own key at a provider: null without one, `undefined` when it cannot be opened any more. */
export async function ownKeyAt(
  provider: string,
  engine: Engine,
  { userId, sealedProviderKeys }: Pick<RunContext, 'userId' | 'sealedProviderKeys'>,
): Promise<string | null | undefined> {
  const sealed = sealedProviderKeys[provider];
  if (sealed === undefined) return null;
  return (await engine.openProviderKey(userId, provider, sealed)) ?? undefined;
}
