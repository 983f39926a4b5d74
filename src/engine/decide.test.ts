import { describe, expect, it } from 'vitest';
import { GitHubError } from '../github/errors.ts';
import { ModelError, type ModelTurn } from '../models/port.ts';
import type { HistoryStep } from '../store/runs/history.ts';
import {
  isAnswered,
  judgeModelFailure,
  judgeToolFailure,
  judgeTurn,
  MAX_FAILURES,
  retryDelayMs,
} from './decide.ts';

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const turn = (stopReason: ModelTurn['stopReason'], withCall = false): ModelTurn => ({
  content: withCall
    ? [{ type: 'toolCall', id: 'a', name: 'commit', input: {} }]
    : [{ type: 'text', text: 'hi' }],
  stopReason,
  usage,
});

describe('a turn', () => {
  it.each([
    [turn('endTurn'), { kind: 'finish' }],
    [turn('toolCalls', true), { kind: 'goOn', runCalls: true }],
    [turn('endTurn', true), { kind: 'goOn', runCalls: true }],
    [turn('maxTokens', true), { kind: 'goOn', runCalls: false }],
    [turn('pauseTurn'), { kind: 'goOn', runCalls: true }],
    [turn('refusal'), { kind: 'fail', error: { code: 'modelRefused' } }],
    [turn('contextFull'), { kind: 'fail', error: { code: 'contextFull' } }],
  ])('%j leads to %j', (given, verdict) => {
    expect(judgeTurn(given)).toMatchObject(verdict);
  });
});

describe('a run', () => {
  const step = (given: ModelTurn, change: Partial<HistoryStep> = {}): HistoryStep => ({
    ...given,
    stepNo: 1,
    coversStepNo: null,
    deliveredSeq: 0,
    answeredSeq: null,
    createdAt: '2026-11-21T12:00:00Z',
    tokens: 100,
    committed: true,
    calls: [],
    ...change,
  });
  const heard = [{ seq: 2, text: 'And?' }];

  it.each([
    [[], [], false],
    [[step(turn('toolCalls', true))], [], false],
    [[step(turn('pauseTurn'))], [], false],
    [[step(turn('endTurn'), { committed: false })], [], false],
    [[step(turn('endTurn'))], heard, false],
    [[step(turn('endTurn'))], [], true],
    [[step(turn('endTurn'), { deliveredSeq: 2 })], heard, true],
    [[step(turn('toolCalls', true)), step(turn('endTurn'))], [], true],
    [[step(turn('endTurn')), step(turn('endTurn'), { coversStepNo: 1 })], heard, false],
    [[step(turn('endTurn'), { coversStepNo: 1 })], [], false],
  ])('is answered when the model has had the last word', (steps, messages, answered) => {
    expect(isAnswered({ steps, messages })).toBe(answered);
  });
});

describe('a failure', () => {
  it('of a model is retried with growing patience, at least as long as the provider asks, and then ends the run', () => {
    expect([0, 1, 2, 3, 9].map((failures) => retryDelayMs(failures, undefined))).toEqual([
      2_000, 4_000, 8_000, 16_000, 60_000,
    ]);
    expect(retryDelayMs(0, 30_000)).toBe(30_000);
    expect(retryDelayMs(0, 9e9)).toBe(900_000);
    const overloaded = new ModelError('Overloaded', { retryable: true, retryAfterMs: 7_000 });
    expect(judgeModelFailure(overloaded, 0)).toEqual({ kind: 'retry', delayMs: 7_000, reason: 'Overloaded' });
    expect(judgeModelFailure(overloaded, MAX_FAILURES - 1)).toMatchObject({
      error: { code: 'modelUnavailable' },
    });
    const tooLong = new ModelError('Too long', { retryable: false, contextFull: true });
    expect(judgeModelFailure(tooLong, 0)).toMatchObject({ error: { code: 'contextFull' } });
    const rejected = new ModelError('Rejected', { retryable: false });
    expect(judgeModelFailure(rejected, 0)).toEqual({
      kind: 'fail',
      error: { code: 'modelRejected', message: 'Rejected' },
    });
  });

  it('is outlasted when a service is away for ten minutes', () => {
    const waits = Array.from({ length: MAX_FAILURES - 1 }, (_, failures) =>
      retryDelayMs(failures, undefined),
    );
    expect(waits.reduce((sum, waitMs) => sum + waitMs, 0)).toBeGreaterThan(600_000);
  });

  it('of a tool is retried when GitHub is away, ends the run when it has shut us out, and is else the model’s to see', () => {
    const away = new GitHubError('away', { status: 0, code: 'unavailable' });
    expect(judgeToolFailure(away, 0)).toMatchObject({ kind: 'retry', delayMs: 2_000 });
    expect(judgeToolFailure(away, MAX_FAILURES - 1)).toMatchObject({ error: { code: 'toolUnavailable' } });
    const limited = new GitHubError('slow down', { status: 429, code: 'rateLimited', retryAfterSeconds: 60 });
    expect(judgeToolFailure(limited, 0)).toMatchObject({ kind: 'retry', delayMs: 60_000 });
    const out = new GitHubError('bad credentials', { status: 401, code: 'unauthorized' });
    expect(judgeToolFailure(out, 0)).toMatchObject({ kind: 'fail', error: { code: 'accessLost' } });
    expect(judgeToolFailure(new GitHubError('no', { status: 404, code: 'notFound' }), 0)).toBeNull();
    expect(judgeToolFailure(new Error('a bug'), 0)).toBeNull();
  });
});
