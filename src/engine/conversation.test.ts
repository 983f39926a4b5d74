import { describe, expect, it } from 'vitest';
import type { HistoryRun, HistoryStep } from '../store/runs/history.ts';
import { buildConversation, narrate } from './conversation.ts';

const step = (stepNo: number, change: Partial<HistoryStep> = {}): HistoryStep => ({
  stepNo,
  coversStepNo: null,
  content: [{ type: 'text', text: `said ${stepNo}` }],
  stopReason: 'toolCalls',
  deliveredSeq: 0,
  answeredSeq: null,
  createdAt: '2026-11-21T12:00:00Z',
  tokens: 100,
  committed: true,
  calls: [],
  ...change,
});

const call = (
  id: string,
  output: string,
  state: 'completed' | 'failed' | 'skipped' | 'needsReview' = 'completed',
) => ({
  id: `call_${id}`,
  ordinal: 0,
  providerCallId: id,
  name: 'read_file',
  state,
  marked: false,
  argumentsSha256: null,
  output,
});

const run = (change: Partial<HistoryRun> = {}): HistoryRun => ({
  runId: 'run_1',
  prompt: 'Do it',
  messages: [],
  steps: [],
  ...change,
});

const converse = (runs: HistoryRun[], deliveredSeq: number) => buildConversation(narrate(runs, deliveredSeq));

describe('a conversation', () => {
  it('begins with the prompt', () => {
    expect(converse([run()], 0)).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Do it' }] }]);
  });

  it('gives each call its result, and calls that did not run an error', () => {
    const calls = [call('a', 'text'), call('b', 'no such file', 'failed'), call('c', 'Not run', 'skipped')];
    expect(converse([run({ steps: [step(1, { calls })] })], 0).at(-1)).toEqual({
      role: 'user',
      content: [
        { type: 'toolResult', id: 'a', output: 'text', isError: false },
        { type: 'toolResult', id: 'b', output: 'no such file', isError: true },
        { type: 'toolResult', id: 'c', output: 'Not run', isError: true },
      ],
    });
  });

  it('puts a follow-up where the model heard it, behind the results of that time', () => {
    const messages = [
      { seq: 1, text: 'faster' },
      { seq: 2, text: 'later' },
    ];
    const steps = [
      step(1, { calls: [call('a', 'one')] }),
      step(2, { deliveredSeq: 1, calls: [call('b', 'two')] }),
    ];
    const conversation = converse([run({ messages, steps })], 1);
    expect(conversation[2]).toEqual({
      role: 'user',
      content: [
        { type: 'toolResult', id: 'a', output: 'one', isError: false },
        { type: 'text', text: 'faster' },
      ],
    });
    expect(JSON.stringify(conversation)).not.toContain('later');
    expect(JSON.stringify(converse([run({ messages, steps })], 2).at(-1))).toContain('later');
  });

  it('goes on from one run to the next, with user content merged', () => {
    const first = run({ steps: [step(1, { calls: [call('a', 'one')] })] });
    const second = run({ runId: 'run_2', prompt: 'Now this' });
    expect(converse([first, second], 0).at(-1)).toEqual({
      role: 'user',
      content: [
        { type: 'toolResult', id: 'a', output: 'one', isError: false },
        { type: 'text', text: 'Now this' },
      ],
    });
  });

  it('tells the answer to a question as the result of the call, and not once more', () => {
    const messages = [
      { seq: 1, text: 'sqlite' },
      { seq: 2, text: 'be quick' },
    ];
    const steps = [step(1, { answeredSeq: 1, calls: [call('a', 'The user chose: SQLite')] })];
    const asked = run({ messages, steps });
    const results = [{ output: 'The user chose: SQLite' }, { text: 'be quick' }];
    expect(converse([asked], 2).at(-1)?.content).toMatchObject(results);
    const next = run({ runId: 'run_2', prompt: 'Go on', messages: [{ seq: 1, text: 'now' }] });
    expect(converse([asked, next], 1).at(-1)?.content).toMatchObject([
      ...results,
      { text: 'Go on' },
      { text: 'now' },
    ]);
  });

  it('ends an earlier run with what it did not live to hear', () => {
    const messages = [
      { seq: 1, text: 'faster' },
      { seq: 3, text: 'later' },
    ];
    const first = run({ messages, steps: [step(1, { deliveredSeq: 1 })] });
    const conversation = converse([first, run({ runId: 'run_2', prompt: 'Go on' })], 0);
    expect(conversation.at(-1)?.content).toMatchObject([{ text: 'later' }, { text: 'Go on' }]);
  });

  it('tells of a step that an ended run did not commit where a marked call of it may have taken effect', () => {
    const marked = (...given: Parameters<typeof call>) => ({ ...call(...given), marked: true });
    const planned = (calls: HistoryStep['calls']) => run({ steps: [step(1, { committed: false, calls })] });
    const next = run({ runId: 'run_2', prompt: 'Go on' });
    const told = (calls: HistoryStep['calls']) => converse([planned(calls), next], 0);
    const notRun = call('b', 'Not run', 'skipped');
    expect(told([marked('a', 'Whether it took effect is not known', 'needsReview'), notRun])).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Do it' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'said 1' }] },
      {
        role: 'user',
        content: [
          { type: 'toolResult', id: 'a', output: 'Whether it took effect is not known', isError: true },
          { type: 'toolResult', id: 'b', output: 'Not run', isError: true },
          { type: 'text', text: 'Go on' },
        ],
      },
    ]);
    expect(told([marked('a', 'Commented'), notRun])).toHaveLength(3);
    expect(told([notRun])).toHaveLength(1);
    // A commit is done over: it finds itself on the branch.
    expect(told([call('a', 'Whether it took effect is not known', 'needsReview')])).toHaveLength(1);
    // While its run goes on it is carried out, not told.
    expect(converse([planned([marked('a', 'Commented')])], 0)).toHaveLength(1);
  });

  it('leaves out planned steps and turns without content, and tells of a cut', () => {
    const steps = [step(1, { content: [], stopReason: 'maxTokens' }), step(2, { committed: false })];
    const conversation = converse([run({ steps })], 0);
    expect(conversation).toHaveLength(1);
    expect(conversation[0]?.content).toMatchObject([
      { text: 'Do it' },
      { text: expect.stringContaining('cut off') },
    ]);
  });
});
