import { z } from 'zod';
import { act } from './actors.ts';
import type { Said } from './simulation.ts';
import type { Task } from './tasks.ts';
import type { VirtualTime } from './virtual-time.ts';
import { FORKED, forkOf, reworded } from './words/said.ts';

/** Between tries of a phone whose request failed: it soon asks less often. */
const PATIENCE_MS = 2_000;
const LATER_PATIENCE_MS = 10_000;
const EAGER_TRIES = 20;
const TRIES = 200;
/** How long it waits for an answer to what it may send again without harm. */
const ANSWER_WITHIN_MS = 30_000;

const agentsSchema = z.object({ data: z.array(z.object({ name: z.string() })) });
const messagesSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      deliver: z.enum(['now', 'afterRun']),
      text: z.string(),
      state: z.enum(['queued', 'delivered', 'withdrawn']),
    }),
  ),
});
const approvalsSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      runId: z.string(),
      toolCallId: z.string(),
      kind: z.enum(['approval', 'review']),
    }),
  ),
});

/** What is asked: whether a call may run, or what to do about one of which nobody knows whether it took effect. */
export type Asked = z.infer<typeof approvalsSchema>['data'][number];

type Decision = 'allow' | 'deny' | 'sendAgain' | 'leave';

/**
 * A phone that gives an agent a task and talks to it. It tries again when it cannot tell that it was heard. Each verb resolves
 * when it was, and tells of its first answer, or that there will be none, through `onAnswer`.
 */
export interface Phone {
  giveTask(name: string, task: Task): Promise<void>;
  sendFollowUp(agentId: string, followUp: Task['followUp'], onAnswer: () => void): Promise<void>;
  /** Answers what the run asks. */
  answer(run: { id: string; agentId: string }, text: string): Promise<void>;
  control(runId: string, verb: 'pause' | 'resume' | 'cancel', onAnswer: () => void): Promise<void>;
  retry(runId: string, onAnswer: () => void): Promise<void>;
  /** Decides all that is asked, each twice at once. */
  decide(runId: string, decision: (asked: Asked) => Decision, onAnswer: () => void): Promise<void>;
  /**
   * Changes the newest message that nobody has heard yet, or takes it back; without one, the newest that was heard, as a phone does
   * that shows an old list.
   *
   * @returns the message as it was, and whether the product says that nobody had heard it; null when there is none
   */
  change(
    agentId: string,
    wish: { what: 'edit' | 'withdraw'; deliver: Said['deliver']; isHeardToo: boolean },
    onAnswer: () => void,
  ): Promise<{ text: string; isInTime: boolean } | null>;
  /** Makes a fork of the agent where it is, which goes on with a task of its own; an agent without a step cannot be forked. */
  fork(agent: { id: string; name: string }, onAnswer: () => void): Promise<void>;
  extend(
    runId: string,
    limits: { maxSteps?: number; maxCostUsd?: number },
    onAnswer: () => void,
  ): Promise<void>;
  /** Limits what may be spent in a day; null for what the deployment allows. */
  limitDay(dailyCostLimitUsd: number | null, onAnswer: () => void): Promise<void>;
}

/**
 * @param options.call a request to the API, with the user's token
 * @param options.wasHeard whether the text was said to the agent's run, or began a run, where a phone would see it
 */
export function createPhone(options: {
  time: VirtualTime;
  call: (method: string, path: string, body?: unknown) => Promise<Response>;
  wasHeard: (text: string, runId?: string | null) => Promise<boolean>;
}): Phone {
  const { time, call, wasHeard } = options;

  const ask = (method: string, path: string, body?: unknown): Promise<Response | undefined> =>
    act('user', () => call(method, path, body), { what: `${method} ${path}` }).catch(() => undefined);

  /** Sends again what is not answered in time; the first may still arrive, long after. */
  const askBriefly = (method: string, path: string, body?: unknown) =>
    Promise.race([ask(method, path, body), time.sleep(ANSWER_WITHIN_MS).then(() => undefined)]);

  const pause = (attempt: number) => time.sleep(attempt < EAGER_TRIES ? PATIENCE_MS : LATER_PATIENCE_MS);

  /** @param isDone asked where a request that was not answered must not simply be sent again */
  const insist = async (
    request: () => Promise<Response | undefined>,
    {
      statuses,
      onAnswer = () => undefined,
      isDone = async () => false,
    }: { statuses: readonly number[]; onAnswer?: () => void; isDone?: () => Promise<boolean> },
  ): Promise<Response | undefined> => {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const response = await request();
      onAnswer();
      if (response && statuses.includes(response.status)) return response;
      await pause(attempt);
      if (await isDone()) return undefined;
    }
    throw new Error('the phone gave up');
  };

  /** Without the list nobody knows whether to try again, so it is asked for until it comes. */
  const list = async <T>(path: string, schema: z.ZodType<{ data: T[] }>): Promise<T[]> => {
    const response = await insist(() => askBriefly('GET', path), { statuses: [200] });
    return schema.parse(await response?.json()).data;
  };

  const twice = async (work: () => Promise<unknown>) => void (await Promise.all([work(), work()]));

  return {
    async giveTask(name, { newAgent }) {
      await insist(() => ask('POST', '/api/agents', { ...newAgent, name }), {
        statuses: [201],
        isDone: async () => (await list('/api/agents', agentsSchema)).some((agent) => agent.name === name),
      });
    },
    async sendFollowUp(agentId, followUp, onAnswer) {
      await insist(() => ask('POST', `/api/agents/${agentId}/messages`, followUp), {
        statuses: [201, 202],
        isDone: () => wasHeard(followUp.text),
        onAnswer,
      });
    },
    async answer({ id, agentId }, text) {
      await insist(() => ask('POST', `/api/agents/${agentId}/messages`, { text }), {
        statuses: [201, 202],
        isDone: () => wasHeard(text, id),
      });
    },
    async control(runId, verb, onAnswer) {
      await insist(() => askBriefly('POST', `/api/runs/${runId}/${verb}`), { statuses: [200], onAnswer });
    },
    retry: (runId, onAnswer) =>
      // Refused is what has been done already.
      twice(() =>
        insist(() => askBriefly('POST', `/api/runs/${runId}/retry`), { statuses: [201, 409], onAnswer }),
      ),
    async decide(runId, decide, onAnswer) {
      const asked = await list('/api/approvals?state=pending', approvalsSchema);
      const own = asked.filter((approval) => approval.runId === runId);
      if (own.length === 0) onAnswer();
      await Promise.all(
        own.map(async (asked) => {
          const decision = decide(asked);
          await twice(() =>
            insist(() => askBriefly('POST', `/api/approvals/${asked.id}`, { decision }), {
              statuses: [200, 409],
              onAnswer,
            }),
          );
        }),
      );
    },
    async change(agentId, { what, deliver, isHeardToo }, onAnswer) {
      const messages = await list(`/api/agents/${agentId}/messages`, messagesSchema);
      const inState = (wanted: string) =>
        messages.find((message) => message.deliver === deliver && message.state === wanted);
      const message = inState('queued') ?? (isHeardToo ? inState('delivered') : undefined);
      if (!message) {
        onAnswer();
        return null;
      }
      const { id, text } = message;
      const path = `/api/agents/${agentId}/messages/${id}`;
      const response = await insist(
        () =>
          what === 'edit' ? askBriefly('PATCH', path, { text: reworded(text) }) : askBriefly('DELETE', path),
        { statuses: [200, 204, 409], onAnswer },
      );
      return { text, isInTime: response?.status !== 409 };
    },
    async fork({ id, name }, onAnswer) {
      await insist(() => ask('POST', `/api/agents/${id}/fork`, { prompt: FORKED }), {
        statuses: [201, 400, 422],
        isDone: async () =>
          (await list('/api/agents', agentsSchema)).some((agent) => agent.name === forkOf(name)),
        onAnswer,
      });
    },
    async extend(runId, limits, onAnswer) {
      // One that has ended needs no more, and one that was given more meanwhile says so.
      await insist(() => askBriefly('POST', `/api/runs/${runId}/budget`, limits), {
        statuses: [200, 400, 409, 422],
        onAnswer,
      });
    },
    async limitDay(dailyCostLimitUsd, onAnswer) {
      await insist(() => askBriefly('PATCH', '/api/me', { dailyCostLimitUsd }), {
        statuses: [200],
        onAnswer,
      });
    },
  };
}
