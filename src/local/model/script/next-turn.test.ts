import { describe, expect, it } from 'vitest';
import { parseCounting } from '../request.ts';
import { script } from '../testing.ts';
import { nextTurn, resumesPausedTurn } from './next-turn.ts';

const ALL_TOOLS = [
  'list_files',
  'read_file',
  'search_code',
  'write_file',
  'edit_file',
  'delete_file',
  'update_plan',
  'commit',
  'open_pull_request',
];

/** A conversation in the making: what the user says, what the model answers, what its tools give. */
function converse(tools = ALL_TOOLS) {
  const messages: { role: string; content: unknown }[] = [];
  const prompt = () =>
    parseCounting({
      model: 'claude-opus-5',
      messages,
      tools: tools.map((name) => ({ name, input_schema: { type: 'object' } })),
    });
  return {
    prompt,
    say: (text: string) => void messages.push({ role: 'user', content: text }),
    /** Takes the model's next turn, and answers its calls by name; what has no answer fails. */
    step(outputs: Record<string, string> = {}, addition?: string) {
      const turn = nextTurn(prompt());
      const calls = (turn.calls ?? []).map((call, index) => ({
        ...call,
        id: `toolu_${messages.length}_${index}`,
      }));
      const said = turn.text ? [{ type: 'text', text: turn.text }] : [];
      messages.push({
        role: 'assistant',
        content: [...said, ...calls.map((call) => ({ type: 'tool_use', ...call }))],
      });
      const results = calls.map(({ id, name }) => ({
        type: 'tool_result',
        tool_use_id: id,
        content: outputs[name] ?? `${name} failed`,
        is_error: outputs[name] === undefined,
      }));
      const note = addition ? [{ type: 'text', text: addition }] : [];
      if (results.length + note.length > 0) messages.push({ role: 'user', content: [...results, ...note] });
      return { ...turn, names: calls.map(({ name }) => name) };
    },
  };
}

describe('a script in the prompt', () => {
  const call = (message: string) => ({ calls: [{ name: 'commit', input: { message } }] });

  it('is played turn by turn, and then the model is done', () => {
    const { say, step } = converse();
    say(script({ ...call('one'), repeat: 2 }, { text: 'Enough.', ...call('two') }));
    const played = [1, 2, 3, 4, 5].map(() => {
      const { calls, text } = step({ commit: 'ok' });
      return calls?.[0]?.input.message ?? text;
    });
    expect(played).toEqual(['one', 'one', 'two', 'Done.', 'Done.']);
  });

  it('goes on behind a summary where it was, whether its prompt is told again or not', () => {
    const lines = [
      { from: 'user', text: script({ ...call('one'), repeat: 2 }, call('two'), { text: 'Over.' }) },
      { from: 'agent', text: '', calls: call('one').calls },
      { from: 'tool', name: 'commit', output: 'ok' },
      { from: 'agent', text: 'Again.', calls: call('one').calls },
      { from: 'tool', name: 'commit', output: 'no', failed: true },
    ];
    const ask = (text: string, system: string) =>
      nextTurn(
        parseCounting({ model: 'claude-opus-5', system, messages: [{ role: 'user', content: text }] }),
      );
    const transcript = (...said: object[]) => said.map((line) => JSON.stringify(line)).join('\n');
    const summary = ask(`Sum this up:\n\n${transcript(...lines)}`, 'Write a summary.').text ?? '';
    expect(summary).toMatch(/I have taken 2 turns .* commit 2 times, 1 of them in vain/);
    expect(ask(`So far: ${summary}`, 'You are an agent.')).toMatchObject(call('two'));
    const { say, step } = converse();
    say(`So far: ${summary}`);
    expect(step({ commit: 'ok' })).toMatchObject(call('two'));
    expect(step()).toMatchObject({ text: 'Over.' });

    const later = [
      { from: 'summary', text: summary },
      { from: 'task', text: lines[0]?.text },
      ...lines.slice(1, 3),
    ];
    const second = ask(`Sum this up:\n\n${transcript(...later)}`, 'Write a summary.').text ?? '';
    expect(second).toContain('I have taken 3 turns');
    expect(ask(second, 'You are an agent.')).toMatchObject({ text: 'Over.' });
    expect(ask('Sum this up:\n\n{"from": 1}\n{"from":', 'Write a summary.').text).not.toContain('turns');
  });

  it('numbers the times it repeats a turn', () => {
    const { say, step } = converse();
    say(script({ ...call('look {n}'), repeat: 2 }, call('{n} end')));
    const played = [1, 2, 3].map(() => step({ commit: 'ok' }).calls?.[0]?.input.message);
    expect(played).toEqual(['look 1', 'look 2', '1 end']);
  });

  it('carries stop reasons and delays', () => {
    const { say, step } = converse();
    say(script({ text: 'No.', stopReason: 'refusal', chunkDelayMs: 9 }));
    expect(step()).toMatchObject({ text: 'No.', stopReason: 'refusal', chunkDelayMs: 9 });
  });

  it('goes on after a follow-up, which it acknowledges', () => {
    const { say, step } = converse();
    say(script({ text: 'First.', ...call('one') }, call('two'), { text: 'Third.' }));
    step({ commit: 'ok' }, 'Use tabs,\nplease.');
    expect(step({ commit: 'ok' })).toMatchObject({ text: 'Noted: Use tabs, please.', ...call('two') });
    expect(step()).toMatchObject({ text: 'Third.' });
    say('Anything else?');
    expect(step()).toMatchObject({ text: 'Noted: Anything else?\n\nDone.' });
  });

  it('gives way to a later script', () => {
    const { say, step } = converse();
    say(script(call('one'), call('two')));
    step({ commit: 'ok' }, script({ text: 'The other one.' }));
    expect(step()).toMatchObject({ text: 'The other one.' });
  });

  it('resumes a paused turn when that is sent back', () => {
    const { say, step, prompt } = converse();
    say(script({ text: 'A moment.', stopReason: 'pause_turn' }, { text: 'Here I am.' }));
    step();
    expect(resumesPausedTurn(prompt())).toBe(true);
    expect(step()).toMatchObject({ text: 'Here I am.' });
    expect(resumesPausedTurn(prompt())).toBe(false);
  });

  it('is refused in words when it makes no sense', () => {
    const { say, step } = converse();
    say('```script\n[{"txt": 1}]\n```');
    expect(step().text).toContain('The script in the prompt cannot be played');
  });
});

describe('a task without a script', () => {
  it('is written down, committed and delivered with an honest word', () => {
    const { say, step } = converse();
    say('Make the parser faster.');
    expect(step({ list_files: 'README.md\nsrc/parser.ts' }).names).toEqual(['list_files']);
    expect(step({ read_file: '1\t# Parser' }).names).toEqual(['read_file']);
    expect(step({ write_file: 'ok' }).calls).toEqual([
      {
        name: 'write_file',
        input: { path: 'NOTES.md', content: '# Notes\n\n## A task\n\n> Make the parser faster.\n' },
      },
    ]);
    expect(step({ commit: 'ok' }).names).toEqual(['commit']);
    expect(step({ open_pull_request: 'ok' }).names).toEqual(['open_pull_request']);
    expect(step().text).toContain('I am the scripted local model');
  });

  it('is added to the notes that are there', () => {
    const { say, step } = converse();
    say('Make it blue.');
    step({ list_files: 'README.md\nNOTES.md' });
    step({ read_file: '1\t# Notes\n2\t\n3\tOld.' });
    expect(step().calls).toEqual([
      {
        name: 'edit_file',
        input: { path: 'NOTES.md', oldText: 'Old.', newText: 'Old.\n\n## A task\n\n> Make it blue.' },
      },
    ]);
  });

  it.each(['', 'There are no files yet.'])('begins a README in an empty repository: %j', (listing) => {
    const { say, step } = converse();
    say('Start a shop.');
    step({ list_files: listing });
    expect(step().calls?.[0]).toMatchObject({ name: 'write_file', input: { path: 'README.md' } });
  });

  it('stops at a tool that fails, and says which', () => {
    const { say, step } = converse();
    say('Make it blue.');
    step({ list_files: 'README.md' });
    step();
    expect(step()).toMatchObject({
      text: 'I stopped, because read_file failed: read_file failed',
      names: [],
    });
  });

  it('reports a commit that was refused', () => {
    const { say, step } = converse();
    say('Make it blue.');
    step({ list_files: '' });
    step({ write_file: 'ok' });
    step();
    expect(step().text).toBe('I could not commit the change: commit failed');
  });

  it('uses no tool that was not offered', () => {
    const { say, step } = converse(['list_files', 'write_file']);
    say('Make it blue.');
    step({ list_files: 'a.ts' });
    step({ write_file: 'ok' });
    expect(step().names).toEqual([]);
  });

  it('is a new one when the last was over', () => {
    const { say, step } = converse();
    say('What is this?');
    expect(step().names).toEqual([]);
    say('Make it blue.');
    expect(step().names).toEqual(['list_files']);
  });
});

describe('a question', () => {
  it.each([
    ['What does this repository do?', true],
    ['Can you tell me where the routes are?', true],
    ['How do I delete a todo?', true],
    ['Explain the router', true],
    ['Can you add a delete endpoint for todos?', false],
    ['Add an endpoint to delete a todo, ok?', false],
    ['What I need is this: rename the store', false],
  ])('%s is one: %s', (prompt, isOne) => {
    const { say, step } = converse();
    say(prompt);
    expect(step().names.length === 0).toBe(isOne);
  });
});
