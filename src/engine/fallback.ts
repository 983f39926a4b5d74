import type { ModelError } from '../models/port.ts';
import { NOT_OFFERED } from '../models/prices.ts';
import type { ModelChoice } from '../store/states.ts';
import type { EndedCall } from './afford.ts';
import { announce } from './announce.ts';
import type { Engine } from './engine.ts';
import { type BrokenCall, chargeFor, interrupted } from './settle-step.ts';
import type { Work } from './work.ts';

/** How long a delivery leaves a model alone that was away. The next delivery asks the first choice again. */
const AWAY_MS = 60_000;

/**
 * Turns to the next model of the agent's list that this deployment or the user has a key for, when the one at hand is away. A refusal is
 * not an outage: it would only hide what somebody has to mend.
 *
 * @returns what there is to settle and to tell of the call that failed; null when there is no other model to ask
 */
export async function fallBack(
  engine: Engine,
  work: Work,
  call: BrokenCall & { error: ModelError },
): Promise<EndedCall | null> {
  if (!call.error.retryable) return null;
  const at = work.choices.findIndex((choice, index) => index > work.choice && isUsable(engine, work, choice));
  const to = work.choices[at];
  if (!to) return null;
  const { provider, model } = work.context;
  const ended: EndedCall = {
    charge: chargeFor(work, call),
    events: [
      ...interrupted(work, call.text),
      announce({
        type: 'model.fallback',
        data: { stepNo: work.stepNo, from: { provider, model }, to, reason: call.error.message },
      }),
    ],
  };
  await choose(engine, work, at);
  work.awayUntil = engine.now() + AWAY_MS;
  return ended;
}

/** Back to the agent's first choice, once it has been left alone for long enough. */
export async function comeBack(engine: Engine, work: Work): Promise<void> {
  if (work.choice > 0 && engine.now() >= work.awayUntil) await choose(engine, work, 0);
}

function isUsable(
  { catalogue, models }: Engine,
  { context }: Work,
  { provider, model }: ModelChoice,
): boolean {
  const hasKey = Object.hasOwn(context.sealedProviderKeys, provider) || models.isConnected(provider);
  return hasKey && catalogue.find(provider, model) !== undefined;
}

async function choose(engine: Engine, work: Work, at: number): Promise<void> {
  const choice = work.choices[at];
  if (!choice) return;
  work.choice = at;
  work.context.provider = choice.provider;
  work.context.model = choice.model;
  work.model = engine.catalogue.find(choice.provider, choice.model) ?? NOT_OFFERED;
  work.ownKey = await ownKeyFor(engine, work.context);
}

/** The user's own key at the provider at hand: null without one, `undefined` when it cannot be opened any more. */
export async function ownKeyFor(
  engine: Engine,
  {
    userId,
    provider,
    sealedProviderKeys,
  }: Pick<Work['context'], 'userId' | 'provider' | 'sealedProviderKeys'>,
): Promise<string | null | undefined> {
  const sealed = sealedProviderKeys[provider];
  if (sealed === undefined) return null;
  return (await engine.openProviderKey(userId, provider, sealed)) ?? undefined;
}
