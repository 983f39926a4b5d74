import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobOf } from './job.ts';
import { jobIdOf, runIdOf } from './job-id.ts';

const row = {
  runId: 'run_01h455vb4pex5vsknk084sn02q',
  agentId: 'agent_01h455vb4pex5vsknk084sn02q',
  waitingFor: null,
  prompt: 'A REST API',
  repository: null,
  pushed: null,
  error: null,
  createdAt: '2026-11-02T09:30:00.000Z',
  startedAt: null,
  finishedAt: null,
  files: [{ path: 'a.js', bytes: 1 }],
};

describe('a job', () => {
  it.each([
    ['queued', 'waiting', null],
    ['running', 'active', null],
    ['waiting', 'active', null],
    ['paused', 'active', null],
    ['completed', 'completed', true],
    ['failed', 'failed', false],
    ['cancelled', 'failed', false],
  ] as const)('whose run is %s is %s', (status, state, success) => {
    const job = jobOf({ ...row, status, progress: 100 });
    expect(job.state).toBe(state);
    expect(job.result?.success ?? null).toBe(success);
    expect(job.progress).toBe(status === 'completed' ? 100 : 99);
    expect(job.error?.code).toBe(status === 'cancelled' ? 'cancelled' : undefined);
  });

  it('has the id of its run under another name', () => {
    expect(jobIdOf(row.runId)).toBe('job_01h455vb4pex5vsknk084sn02q');
    fc.assert(
      fc.property(fc.string(), (rest) => {
        expect(runIdOf(jobIdOf(`run_${rest}`))).toBe(`run_${rest}`);
      }),
    );
    expect([runIdOf(row.runId), runIdOf(''), runIdOf('agent_1')]).toEqual([null, null, null]);
  });
});
