import type { ModelError } from '../models/port.ts';
import { type ModelEntry, NOT_OFFERED } from '../models/prices.ts';
import type { ModelChoice } from '../store/states.ts';
import type { EndedCall } from './afford.ts';
import { announce } from './announce.ts';
import type { Engine } from './engine.ts';
import { ownKeyAt } from './own-key.ts';
import { isOutOfRoom } from './room.ts';
import { type BrokenCall, chargeFor, toldOf } from './settle-step.ts';
import type { Work } from './work.ts';

/** How long a delivery leaves a model alone that was away. The next delivery asks the first choice again. */
const AWAY_MS = 60_000;

/**
 * Turns to the next model of the agent's list that can be asked, when the one at hand is away. A refusal of the agent's own model
 * is not an outage: another one would only hide what somebody has to mend. What a fallback refuses, the next one may take.
 *
 * @returns what there is to settle and to tell of the call that failed; null when there is no other model to ask
 */
export async function fallBack(
  engine: Engine,
  work: Work,
  call: BrokenCall & { error: ModelError },
): Promise<EndedCall | null> {
  if (work.away === null && !call.error.retryable) return null;
  const to = await nextChoice(engine, work);
  if (!to) return null;
  const { provider, model } = work.context;
  const ended: EndedCall = {
    charge: chargeFor(work, call),
    events: [
      ...toldOf(work, call),
      announce({
        type: 'model.fallback',
        data: {
          stepNo: work.stepNo,
          from: { provider, model },
          to: { provider: to.provider, model: to.model },
          reason: call.error.message,
        },
      }),
    ],
  };
  work.away ??= { error: call.error, untilMs: engine.now() + AWAY_MS };
  turnTo(work, to);
  return ended;
}

/** What stops the step when there is nobody else to ask: a fallback's refusal is no reason to give the run up, its own model will be back. */
export const lastingError = ({ away }: Work, error: ModelError): ModelError =>
  error.retryable || away === null ? error : away.error;

/** Back to the agent's first choice, once that has been left alone for long enough. */
export async function comeBack(engine: Engine, work: Work): Promise<void> {
  const [first] = work.choices;
  if (work.away === null || !first || engine.now() < work.away.untilMs) return;
  work.away = null;
  const entry = engine.catalogue.find(first.provider, first.model) ?? NOT_OFFERED;
  turnTo(work, { ...first, at: 0, entry, ownKey: await ownKeyAt(first.provider, engine, work.context) });
}

interface Next extends ModelChoice {
  at: number;
  entry: ModelEntry;
  ownKey: string | null | undefined;
}

/** The next one that there is, that somebody has a key for, and that can read the conversation. */
async function nextChoice(engine: Engine, work: Work): Promise<Next | null> {
  for (const [at, { provider, model }] of work.choices.entries()) {
    if (at <= work.choice || isRepeated(work, at)) continue;
    const entry = engine.catalogue.find(provider, model);
    if (!entry || !hasRoom(work, entry)) continue;
    const ownKey = await ownKeyAt(provider, engine, work.context);
    // One that cannot be opened is no reason to go on at the deployment's cost.
    if (ownKey === undefined || (ownKey === null && !engine.models.isConnected(provider))) continue;
    return { at, provider, model, entry, ownKey };
  }
  return null;
}

const isRepeated = ({ choices }: Work, at: number): boolean =>
  choices.findIndex(
    ({ provider, model }) => provider === choices[at]?.provider && model === choices[at]?.model,
  ) < at;

/** To sum a conversation up for a smaller model would lose for good what the larger one had room for. */
const hasRoom = (work: Work, entry: ModelEntry): boolean =>
  entry.contextTokens >= work.model.contextTokens || !isOutOfRoom(work, entry);

function turnTo(work: Work, { at, provider, model, entry, ownKey }: Next): void {
  work.choice = at;
  work.context.provider = provider;
  work.context.model = model;
  work.model = entry;
  work.ownKey = ownKey;
}
