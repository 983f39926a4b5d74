import { describe, expect, it } from 'vitest';
import type { GoalParameters, GoalValues } from '../../store/goal-types.ts';
import { AppError } from '../errors.ts';
import { checkTemplate, fillPrompt } from './fill-prompt.ts';

const parameters: GoalParameters = {
  label: { type: 'string', default: 'bug' },
  limit: { type: 'number' },
  deep: { type: 'boolean', required: false },
};

const fill = (prompt: string, values: GoalValues) =>
  fillPrompt({ prompt, parameters }, values, 'body.parameters');

function wrongFields(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof AppError) return error.errors.map(({ field }) => field);
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('fillPrompt', () => {
  it.each([
    ['Look at {{limit}} of {{ label }}.', { limit: 5 }, 'Look at 5 of bug.'],
    ['{{label}}{{label}} {{limit}}', { limit: 0, label: '' }, ' 0'],
    ['{{deep}}|{{limit}}', { limit: 1, deep: false }, 'false|1'],
    ['{{deep}}|{{limit}}', { limit: 1 }, '|1'],
    // What a value says is not read again.
    ['{{label}}', { limit: 1, label: '{{limit}} $& \\{{limit}}' }, '{{limit}} $& \\{{limit}}'],
    ['\\{{label}} {{ }} {{a.b}} {label}', { limit: 1 }, '{{label}} {{ }} {{a.b}} {label}'],
  ])('fills %s in', (prompt, values, filled) => {
    expect(fill(prompt, values)).toBe(filled);
  });

  it.each([
    [{}, ['body.parameters.limit']],
    [{ limit: '5' }, ['body.parameters.limit']],
    [{ limit: 5, other: 1 }, ['body.parameters.other']],
    [
      { toString: 'x', deep: 'yes' },
      ['body.parameters.toString', 'body.parameters.limit', 'body.parameters.deep'],
    ],
  ])('refuses %j and names what is wrong', (values, fields) => {
    expect(wrongFields(() => fill('{{limit}}', values))).toEqual(fields);
  });

  it('refuses values that make the prompt empty or too long', () => {
    expect(wrongFields(() => fill('{{deep}}', { limit: 1 }))).toEqual(['body.parameters']);
    expect(wrongFields(() => fill('{{label}}', { limit: 1, label: 'é'.repeat(50_001) }))).toEqual([
      'body.parameters',
    ]);
  });
});

describe('checkTemplate', () => {
  it('refuses a placeholder without a parameter, also of a name that objects have', () => {
    for (const prompt of ['{{other}}', '{{toString}}', '$' + '{{secrets}}'])
      expect(wrongFields(() => checkTemplate({ prompt, parameters }))).toEqual(['body.prompt']);
    expect(checkTemplate({ prompt: '\\{{other}} {{label}}', parameters })).toBeUndefined();
  });

  it('refuses a default of another type', () => {
    const wrong: GoalParameters = { limit: { type: 'number', default: '5' } };
    expect(wrongFields(() => checkTemplate({ prompt: 'Go', parameters: wrong }))).toEqual([
      'body.parameters.limit.default',
    ]);
  });
});
