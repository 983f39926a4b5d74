import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssistantBlock, ModelMessage, StopReason } from '../models/port.ts';
import type { HistoryRun, HistoryStep } from '../store/runs/history.ts';
import { chooseCover, estimateTokens, isNearlyFull } from './compaction.ts';
import { buildConversation, narrate } from './conversation.ts';
import { transcribe } from './transcript.ts';

interface Drawn {
  outputs: number[];
  says: boolean;
  thinks: boolean;
  stopReason: StopReason;
  newMessages: number;
}
const drawn: fc.Arbitrary<Drawn> = fc.record({
  outputs: fc.array(fc.constantFrom(0, 10, 5_000, 90_000), { maxLength: 2 }),
  says: fc.boolean(),
  thinks: fc.boolean(),
  stopReason: fc.constantFrom('toolCalls', 'maxTokens'),
  newMessages: fc.integer({ min: 0, max: 2 }),
});
const drawnRun = fc.record({
  steps: fc.array(drawn, { maxLength: 9 }),
  unheard: fc.integer({ min: 0, max: 2 }),
});
const history = fc.array(drawnRun, { minLength: 1, maxLength: 3 });

/** Adds a step, with the messages that it was the first to hear. */
function addStep(run: HistoryRun, { outputs, says, thinks, stopReason, newMessages }: Drawn): void {
  const stepNo = (run.steps.at(-1)?.stepNo ?? 0) + 1;
  addMessages(run, newMessages);
  const name = (ordinal: number) => `${run.runId}.${stepNo}.${ordinal}`;
  const content: AssistantBlock[] = [
    ...(thinks ? [{ type: 'reasoning', provider: 'anthropic', data: `thought of ${stepNo}` } as const] : []),
    ...(says || outputs.length > 0 ? [{ type: 'text', text: `said in ${name(0)}` } as const] : []),
    ...outputs.map(
      (_, ordinal) => ({ type: 'toolCall', id: name(ordinal), name: 'read_file', input: {} }) as const,
    ),
  ];
  const calls = outputs.map((length, ordinal) => ({
    id: `call.${name(ordinal)}`,
    ordinal,
    providerCallId: name(ordinal),
    name: 'read_file',
    state: 'completed' as const,
    argumentsSha256: null,
    marked: false,
    output: 'x'.repeat(length),
  }));
  run.steps.push({
    ...fixed,
    stepNo,
    coversStepNo: null,
    content,
    stopReason,
    deliveredSeq: inboxOf(run),
    calls,
  });
}

const fixed = { answeredSeq: null, tokens: 50, createdAt: '2026-11-21T12:00:00Z', committed: true };
const inboxOf = (run: HistoryRun) => run.messages.at(-1)?.seq ?? 0;

function addMessages(run: HistoryRun, count: number): void {
  for (let n = 0; n < count; n++) {
    const seq = inboxOf(run) + 1;
    run.messages.push({ seq, text: `message ${seq} to ${run.runId}` });
  }
}

function historyOf(runs: { steps: Drawn[]; unheard: number }[]): HistoryRun[] {
  return runs.map(({ steps, unheard }, index) => {
    const runId = `run_${index}`;
    const run: HistoryRun = { runId, prompt: `prompt of ${runId}`, messages: [], steps: [] };
    for (const step of steps) addStep(run, step);
    addMessages(run, unheard);
    return run;
  });
}

/** Compacts as the engine does; gives the texts that the summary stands for, or null when there is nothing to do. */
function compact(runs: HistoryRun[], run: HistoryRun, name: string): string[] | null {
  const cover = chooseCover(narrate(runs, inboxOf(run)), run);
  if (!cover) return null;
  const step: HistoryStep = {
    ...fixed,
    stepNo: (run.steps.at(-1)?.stepNo ?? 0) + 1,
    coversStepNo: cover.stepNo,
    content: [{ type: 'text', text: name }],
    stopReason: 'endTurn',
    deliveredSeq: cover.deliveredSeq,
    calls: [],
  };
  run.steps.push(step);
  return cover.entries.flatMap((entry) => ('text' in entry ? [entry.text] : []));
}

/** What the database gives of it: nothing from before the newest compaction but what that does not cover. */
function asRead(runs: HistoryRun[]): HistoryRun[] {
  const newestOf = (run: HistoryRun) => run.steps.findLast(({ coversStepNo }) => coversStepNo !== null);
  const start = Math.max(0, runs.findLastIndex(newestOf));
  return runs.slice(start).map((run) => {
    const { coversStepNo, deliveredSeq } = newestOf(run) ?? { coversStepNo: 0, deliveredSeq: 0 };
    return {
      ...run,
      steps: run.steps.filter(({ stepNo }) => stepNo > (coversStepNo ?? 0)),
      messages: run.messages.filter(({ seq }) => seq > deliveredSeq),
    };
  });
}

function expectValid(messages: ModelMessage[]): void {
  expect(messages[0]?.role).toBe('user');
  for (const [at, { role, content }] of messages.entries()) {
    expect(content.length).toBeGreaterThan(0);
    const before = messages[at - 1];
    if (role === 'assistant') continue;
    expect(before?.role).not.toBe('user');
    const results = content.flatMap((block) => (block.type === 'toolResult' ? [block.id] : []));
    expect(results).toEqual(callsIn(before));
  }
  for (const [at, message] of messages.entries()) {
    if (callsIn(message).length > 0) expect(messages[at + 1]?.role).toBe('user');
  }
}

const callsIn = (message: ModelMessage | undefined): string[] =>
  message?.role === 'assistant'
    ? message.content.flatMap((block) => (block.type === 'toolCall' ? [block.id] : []))
    : [];

const textsIn = (messages: ModelMessage[]): string[] =>
  messages.flatMap(({ role, content }) =>
    role === 'user' ? content.flatMap((block) => (block.type === 'text' ? [block.text] : [])) : [],
  );

describe('a compaction', () => {
  it('tells each prompt and message once or covers it, and leaves a conversation that providers take', () => {
    fc.assert(
      fc.property(history, fc.array(fc.array(drawn, { maxLength: 9 }), { maxLength: 4 }), (given, rounds) => {
        const runs = historyOf(given);
        const run = runs.at(-1);
        if (!run) return;
        const covered = new Set<string>();
        for (const [round, later] of rounds.entries()) {
          for (const text of compact(runs, run, `summary ${round}`) ?? []) covered.add(text);
          const entries = narrate(runs, inboxOf(run));
          expect(narrate(asRead(runs), inboxOf(run))).toEqual(entries);
          const messages = buildConversation(entries);
          expectValid(messages);
          const told = textsIn(messages);
          for (const text of runs.flatMap((one) => [
            one.prompt,
            ...one.messages.map((message) => message.text),
          ])) {
            expect(told.filter((candidate) => candidate === text)).toHaveLength(covered.has(text) ? 0 : 1);
          }
          const again = told.filter((text) => text.endsWith(`\n\n${run.prompt}`));
          expect(again).toHaveLength(covered.has(run.prompt) ? 1 : 0);
          for (const step of later) addStep(run, step);
        }
      }),
    );
  });

  it('follows another only when something was said in between', () => {
    fc.assert(
      fc.property(history, (given) => {
        const runs = historyOf(given);
        const run = runs.at(-1);
        if (!run || compact(runs, run, 'first') === null) return;
        expect(compact(runs, run, 'second')).toBeNull();
      }),
    );
  });

  it('leaves the newest steps as they were, few and small ones', () => {
    const many = Array.from({ length: 9 }, (): Drawn => ({ ...small, outputs: [10] }));
    const [run] = historyOf([{ steps: many, unheard: 0 }]);
    if (!run) throw new Error('there is no run');
    compact([run], run, 'summary');
    expect(run.steps.at(-1)?.coversStepNo).toBe(3);
    addStep(run, { ...small, outputs: [90_000] });
    compact([run], run, 'summary');
    expect(run.steps.at(-1)?.coversStepNo).toBe(11);
  });

  it('covers the answer with the question, which is not told again', () => {
    const [run] = historyOf([{ steps: [small, small], unheard: 2 }]);
    if (!run) throw new Error('there is no run');
    run.steps = run.steps.map((step) => (step.stepNo === 2 ? { ...step, answeredSeq: 1 } : step));
    expect(chooseCover(narrate([run], 1), run)).toMatchObject({ stepNo: 2, deliveredSeq: 1 });
    compact([run], run, 'summary');
    const told = textsIn(buildConversation(narrate([run], 2)));
    expect(told.filter((text) => text.startsWith('message'))).toEqual([`message 2 to ${run.runId}`]);
  });

  const small: Drawn = { outputs: [], says: true, thinks: true, stopReason: 'toolCalls', newMessages: 0 };
});

describe('the size of a conversation', () => {
  it('is what the model counted last and the bytes of what came since', () => {
    const [run] = historyOf([{ steps: [], unheard: 0 }]);
    if (!run) throw new Error('there is no run');
    const step = { says: true, thinks: false, stopReason: 'toolCalls' as const, newMessages: 0 };
    expect(estimateTokens(narrate([run], 0), 'x'.repeat(300))).toBe(100 + 5);
    addStep(run, { ...step, outputs: [300] });
    expect(estimateTokens(narrate([run], 0), 'x'.repeat(300))).toBe(50 + 100);
    expect([150_000, 150_001].map((tokens) => isNearlyFull(tokens, 200_000))).toEqual([false, true]);
  });
});

describe('a transcript', () => {
  it('keeps within its bounds, in order, and cuts the oldest outputs first', () => {
    const steps = Array.from(
      { length: 6 },
      (): Drawn => ({ outputs: [5_000], says: true, thinks: true, stopReason: 'toolCalls', newMessages: 1 }),
    );
    const entries = narrate(historyOf([{ steps, unheard: 0 }]), 6);
    const linesOf = (maxTokens: number) =>
      transcribe(entries, maxTokens)
        .split('\n')
        .map((json): { from: string; output?: string; text?: string } => JSON.parse(json));
    expect(linesOf(100_000)).toHaveLength(entries.length);
    expect(JSON.stringify(linesOf(100_000))).not.toContain('thought');
    const outputs = linesOf(6_000).flatMap(({ output }) => (output === undefined ? [] : [output.length]));
    expect(outputs.slice(0, 3).every((length) => length < 400)).toBe(true);
    expect(outputs.slice(-2)).toEqual([5_000, 5_000]);
    expect(transcribe(entries, 500).length).toBeLessThan(1_700);
    expect(linesOf(500).at(-1)?.from).toBe('tool');
    expect(linesOf(500)[0]?.text).toMatch(/older lines are left out/);
  });
});
