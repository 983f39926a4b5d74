import { describe, expect, it } from 'vitest';
import { createOutputs } from '../outputs/outputs.ts';
import type { RunContext } from '../store/runs/history.ts';
import type { ToolCallRow } from '../store/runs/step.ts';
import { toolContext } from '../tools/testing.ts';
import { accept, whyGivenUp } from './acceptance.ts';

const { workspace } = toolContext();

const workOf = (context: Partial<Pick<RunContext, 'outputSchema' | 'refusedEnds' | 'invalidResults'>>) => ({
  context: {
    kind: 'agent' as const,
    outputSchema: { type: 'object' },
    refusedEnds: 0,
    invalidResults: 0,
    ...context,
  },
  workspace,
  outputs: createOutputs({}, { isHeldToSchema: true }),
});

const call = (name: string, state: ToolCallRow['state']): ToolCallRow => ({
  id: 'call_1',
  ordinal: 0,
  providerCallId: 'toolu_1',
  name,
  state,
  marked: false,
  argumentsSha256: null,
  output: 'The result does not fit',
  result: null,
});
const INVALID = call('submit_result', 'failed');

describe('the end of a run', () => {
  it('is accepted where nothing was asked for, and with the result', async () => {
    expect(await accept(workOf({ outputSchema: null }))).toEqual({ kind: 'ok' });
    const work = workOf({ refusedEnds: 2 });
    work.outputs.saveResult('{}');
    expect(await accept(work)).toEqual({ kind: 'ok' });
  });

  it('without the result is told of twice, and then the run has failed', async () => {
    for (const refusedEnds of [0, 1]) {
      expect(await accept(workOf({ refusedEnds }))).toMatchObject({ kind: 'tell' });
    }
    expect(await accept(workOf({ refusedEnds: 2 }))).toMatchObject({
      kind: 'fail',
      error: { code: 'resultMissing' },
    });
  });
});

describe('a run', () => {
  it('is given up with the third result that does not fit, whichever worker saw the first', () => {
    expect(whyGivenUp(workOf({ invalidResults: 1 }), [INVALID])).toBeNull();
    expect(whyGivenUp(workOf({ invalidResults: 2 }), [INVALID])).toEqual({
      code: 'resultInvalid',
      message: '3 results did not fit. The result does not fit',
    });
    expect(whyGivenUp(workOf({ invalidResults: 1 }), [INVALID, INVALID])).not.toBeNull();
  });

  it('is not given up for other calls, nor once a result has fit', () => {
    const others = [call('commit', 'failed'), call('submit_result', 'completed')];
    expect(whyGivenUp(workOf({ invalidResults: 3 }), others)).toBeNull();
    const work = workOf({ invalidResults: 2 });
    work.outputs.saveResult('{}');
    expect(whyGivenUp(work, [INVALID])).toBeNull();
  });
});
