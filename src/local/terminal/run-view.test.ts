import { describe, expect, it } from 'vitest';
import type { StreamedEvent } from '../client/follow.ts';
import { createRunView } from './run-view.ts';
import { createStyle } from './style.ts';

let seq = 0;
const stored = (type: string, data: object): StreamedEvent => {
  seq += 1;
  return { type, id: String(seq), data: { seq, type, data, speech: null, at: '2026-11-21T12:00:00Z' } };
};
const delta = (stepNo: number, from: number, text: string, attempt = 1): StreamedEvent => ({
  type: 'message.delta',
  id: undefined,
  data: { stepNo, attempt, from, text },
});

function shown(events: StreamedEvent[], width = 80): string {
  const view = createRunView({ style: createStyle(false), width });
  return events.map((event) => view.show(event)).join('');
}

describe('the view of a run', () => {
  it('tells a run step by step', () => {
    expect(
      shown([
        stored('run.queued', { prompt: 'Do it' }),
        stored('run.started', {}),
        delta(1, 0, 'I look at '),
        delta(1, 10, 'the files.'),
        stored('message.completed', { stepNo: 1, text: 'I look at the files.' }),
        stored('toolCall.started', { toolCallId: 'a', stepNo: 1, name: 'read_file', subject: 'src/a.ts' }),
        stored('toolCall.completed', { toolCallId: 'a', stepNo: 1, name: 'read_file' }),
        stored('toolCall.started', { toolCallId: 'b', stepNo: 2, name: 'edit_file', subject: 'src/a.ts' }),
        stored('toolCall.failed', { toolCallId: 'b', stepNo: 2, name: 'edit_file', message: 'no such text' }),
        stored('plan.updated', {
          steps: [
            { title: 'Look', status: 'done' },
            { title: 'Write', status: 'inProgress' },
          ],
        }),
        stored('context.compacted', { stepNo: 3, coveredSteps: 1, tokensBefore: 160_000 }),
        stored('commit.created', { sha: '0123456789', message: 'Add it', branch: 'b', files: 1 }),
        stored('pullRequest.opened', { number: 7, title: 'Add it', url: 'http://x' }),
        stored('run.completed', { summary: 'Done' }),
      ]),
    ).toBe(
      [
        '',
        '  Step 1',
        '    I look at the files.',
        '    → read_file          src/a.ts',
        '',
        '  Step 2',
        '    → edit_file          src/a.ts',
        '    ✗ edit_file          no such text',
        '    → update_plan        1 of 2 done, now: Write',
        '',
        '  Step 3',
        '    … summed up 1 step to have room to go on',
        '    ✓ committed          0123456, 1 file',
        '    ✓ pull request       #7 Add it',
        '',
        '  ✓ Completed',
        '',
      ].join('\n'),
    );
  });

  it('writes text as it streams, holding back only the word that may still grow', () => {
    expect(shown([delta(1, 0, 'Hel'), delta(1, 3, 'lo wor')])).toBe('\n  Step 1\n    Hello');
  });

  it('writes text once that comes again after a reconnect', () => {
    const text = 'One two three.';
    const events = [delta(1, 0, 'One two '), delta(1, 0, 'One two thr'), delta(1, 11, 'ee.')];
    expect(shown([...events, stored('message.completed', { stepNo: 1, text })])).toBe(
      '\n  Step 1\n    One two three.\n',
    );
  });

  it('writes what was missed of a message from the whole of it', () => {
    const events = [delta(1, 0, 'One '), stored('message.completed', { stepNo: 1, text: 'One two.' })];
    expect(shown(events)).toBe('\n  Step 1\n    One two.\n');
  });

  it('begins again when an answer is started anew', () => {
    const reset = { type: 'attempt.reset', id: undefined, data: { stepNo: 1, attempt: 2 } };
    expect(shown([delta(1, 0, 'One two '), reset, delta(1, 0, 'Three ', 2)])).toBe(
      '\n  Step 1\n    One two\n    … starting this answer again\n    Three',
    );
  });

  it('breaks lines between words', () => {
    const text = 'aaaa bbbb cccc dddd';
    expect(shown([stored('message.completed', { stepNo: 1, text })], 14)).toBe(
      '\n  Step 1\n    aaaa bbbb\n    cccc dddd\n',
    );
  });

  it('shows a question with what one can answer', () => {
    const question = { stepNo: 1, question: 'Which one?', choices: ['Postgres', 'SQLite'] };
    const events = [stored('question.asked', question), stored('run.waiting', { waitingFor: 'input' })];
    expect(shown(events)).toBe(
      '\n  Step 1\n    ? Which one?\n        1. Postgres\n        2. SQLite\n    … waiting for input\n',
    );
  });

  it('shows what one is asked to allow, and what one said', () => {
    const events = [
      stored('approval.requested', { stepNo: 1, name: 'commit', subject: 'Add it', approvalId: 'a' }),
      stored('run.waiting', { waitingFor: 'approval' }),
      stored('approval.decided', { approvalId: 'a', decision: 'allow' }),
      stored('approval.decided', { approvalId: 'b', decision: 'sendAgain' }),
    ];
    expect(shown(events)).toBe(
      '\n  Step 1\n    ? commit             Add it\n    … waiting for approval\n    … you said: allow\n    … you said: send it again\n',
    );
  });

  it('says why a run failed', () => {
    expect(shown([stored('run.failed', { code: 'modelRefused', message: 'The model refused.' })])).toBe(
      '\n  ✗ Failed (modelRefused) The model refused.\n',
    );
  });

  it('passes over events it does not know', () => {
    expect(shown([stored('thing.new', { a: 1 }), { type: 'gap', id: undefined, data: { after: '1' } }])).toBe(
      '',
    );
  });

  it('colours when asked to', () => {
    const view = createRunView({ style: createStyle(true), width: 80 });
    expect(view.show(stored('run.completed', { summary: '' }))).toContain('\u001b[32m✓ Completed');
  });
});
