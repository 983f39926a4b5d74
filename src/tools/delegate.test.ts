import { describe, expect, it } from 'vitest';
import { delegate, delegateInput, toolsUnknown } from './delegate.ts';
import { toolContext } from './testing.ts';

const outcome = {
  toolCallId: 'call_1',
  status: 'completed',
  runId: 'run_1',
  branch: null,
  text: 'Two files use it.',
  error: null,
} as const;
const run = (child: Parameters<typeof toolContext>[0], input: object = {}) =>
  delegate.run(toolContext(child), delegateInput.parse({ task: 'Look', ...input }));

describe('delegate', () => {
  it('gives what the sub-agent said last, and where its commits are', async () => {
    expect(await run({ child: outcome })).toEqual({
      output: 'Two files use it.',
      result: { runId: 'run_1', status: 'completed', branch: null },
    });
    const { output } = await run({ child: { ...outcome, text: '', branch: 'cadence/run_1' } });
    expect(output).toBe('Done.\n\nIts commits are on the branch cadence/run_1.');
  });

  it('says why one did not complete', async () => {
    const error = { code: 'timeout', message: 'It took longer than it may.' };
    expect(await run({ child: { ...outcome, status: 'failed', error } })).toMatchObject({
      isError: true,
      output: 'The sub-agent did not complete (failed): It took longer than it may.',
    });
  });

  it('says that none was begun', async () => {
    expect(await run({ child: null })).toMatchObject({ isError: true });
    const { output } = await run(
      { child: null, toolNames: ['read_file'] },
      { tools: ['commit', 'read_file'] },
    );
    expect(output).toBe('Not begun: you have no tool commit to give away.');
  });

  it('refuses a task that is empty and times that make no sense', () => {
    for (const wrong of [{ task: ' ' }, { task: 'x', timeoutSeconds: 5 }, { task: 'x', wait: true }]) {
      expect(delegateInput.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false);
    }
    expect(toolsUnknown({ task: 'x' }, [])).toEqual([]);
  });
});
