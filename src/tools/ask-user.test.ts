import { describe, expect, it } from 'vitest';
import { UNTAINTED } from '../store/runs/taint.ts';
import { readAnswer } from './ask-user.ts';
import { toolNames } from './catalog.ts';
import { validateCall } from './execute.ts';
import { permissionFor } from './policy.ts';

const check = (input: unknown) => validateCall('ask_user', input, toolNames);
const choices = ['Postgres', 'SQLite', 'Neither of them', '10'];

describe('an answer', () => {
  it.each([
    ['sqlite', 'SQLite'],
    ['  SQLite. ', 'SQLite'],
    ['Neither of them!', 'Neither of them'],
    ['1', 'Postgres'],
    ['2.', 'SQLite'],
    ['#3', 'Neither of them'],
    ['10', '10'],
    ['Two.', 'SQLite'],
    ['number three', 'Neither of them'],
    ['The second one', 'SQLite'],
    ['option 1', 'Postgres'],
  ])('%j chooses %j', (text, choice) => {
    expect(readAnswer(text, choices)).toEqual({
      output: `The user chose: ${choice}`,
      result: { answer: text, choice },
    });
  });

  it.each(['0', '5', '12', 'SQLite, but later', 'Use MySQL', '?'])('%j is taken as it is said', (text) => {
    expect(readAnswer(text, choices)).toEqual({
      output: `The user answered: ${text}`,
      result: { answer: text },
    });
  });

  it.each(['two', '2', 'the second one'])(
    '%j is no place where a choice has that number in its words',
    (text) => {
      expect(readAnswer(text, ['Two tables', 'One table']).result).toEqual({ answer: text });
    },
  );

  it('to an open question is never a number of anything', () => {
    expect(readAnswer('1', null)).toEqual({ output: 'The user answered: 1', result: { answer: '1' } });
  });
});

describe('ask_user', () => {
  it('takes a question, with two to six different choices or none', () => {
    expect(check({ question: ' Which one? ' })).toMatchObject({
      ok: true,
      input: { question: 'Which one?' },
    });
    expect(check({ question: 'Which one?', choices: ['a', 'b'] })).toMatchObject({ ok: true });
    expect(check({ question: '' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('question:'),
    });
    for (const bad of [['a'], ['a', 'A.'], [...'abcdefg'], ['a', ' ']]) {
      expect(check({ question: 'Which one?', choices: bad })).toMatchObject({
        ok: false,
        message: expect.stringContaining('choices'),
      });
    }
  });

  it('asks no leave to ask, but may be forbidden', () => {
    const call = check({ question: 'Which one?' });
    expect(permissionFor(call, { ask_user: 'ask' }, UNTAINTED)).toEqual({ kind: 'run' });
    expect(permissionFor(call, { ask_user: 'never' }, UNTAINTED)).toEqual({ kind: 'refuse' });
  });
});
