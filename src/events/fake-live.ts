import type { FollowedFeed } from './follow.ts';
import type { LiveMessage } from './live.ts';
import type { MessageDelta } from './types.ts';

/** A live feed in memory whose faults a test decides. For tests of followers. */
export interface FakeLive extends FollowedFeed {
  /** Hands a message to every subscriber of the agent, as it is, also one that nobody would publish. */
  send(agentId: string, message: LiveMessage): void;
  /** Ends every subscription. */
  cut(): void;
  /** While it is away, subscriptions fail and there is no text. */
  setAway(away: boolean): void;
  setText(runId: string, delta: Omit<MessageDelta, 'from'>): void;
  subscribers(): number;
  /** How often text was asked for. */
  textReads(): number;
}

export function createFakeLive(): FakeLive {
  const channels = new Map<string, Set<(message: LiveMessage | null) => void>>();
  const texts = new Map<string, string>();
  let isAway = false;
  let textReads = 0;
  const all = () => [...channels.values()].flatMap((listeners) => [...listeners]);

  return {
    subscribe(agentId, signal) {
      if (isAway) return { ready: Promise.resolve(false), messages: (async function* () {})() };
      const queue: (LiveMessage | null)[] = [];
      let wake = () => {};
      const listener = (message: LiveMessage | null) => {
        queue.push(message);
        wake();
      };
      const listeners = channels.get(agentId) ?? new Set();
      channels.set(agentId, listeners.add(listener));
      signal.addEventListener('abort', () => listener(null), { once: true });
      async function* messages(): AsyncGenerator<LiveMessage> {
        try {
          for (;;) {
            for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
              if (next === null) return;
              yield next;
            }
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        } finally {
          listeners.delete(listener);
        }
      }
      return { ready: Promise.resolve(true), messages: messages() };
    },
    send(agentId, message) {
      for (const listener of channels.get(agentId) ?? []) listener(message);
    },
    cut: () => {
      for (const listener of all()) listener(null);
    },
    setAway(away) {
      isAway = away;
      if (away) for (const listener of all()) listener(null);
    },
    setText: (runId, { stepNo, attempt, text }) => {
      texts.set(`${runId}.${stepNo}.${attempt}`, text);
    },
    async textSoFar(runId, stepNo, attempt) {
      textReads++;
      return isAway ? '' : (texts.get(`${runId}.${stepNo}.${attempt}`) ?? '');
    },
    subscribers: () => all().length,
    textReads: () => textReads,
  };
}
