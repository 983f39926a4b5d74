import type { EventsPage, FollowedRun } from '../store/run-events.ts';
import type { RunStatus } from '../store/states.ts';
import type { Source } from './follow.ts';
import type { LiveMessage } from './live.ts';
import type { RunEventType, StoredEvent } from './types.ts';

interface Run {
  runId: string;
  events: StoredEvent[];
  status: RunStatus;
  epoch: number;
  stepNo: number;
  /** Events up to here are past retention. */
  forgotten: number;
}

const TERMINAL: Partial<Record<RunEventType, RunStatus>> = {
  'run.completed': 'completed',
  'run.failed': 'failed',
  'run.cancelled': 'cancelled',
};

/** The event log of one agent in memory, with the meaning of `readRunEvents` and `readAgentEvents`. For tests of followers. */
export function createFakeLog(agentId = 'agent_1', pageSize = 500) {
  const runs: Run[] = [];
  let reads = 0;
  let failures = 0;
  let archived = false;
  let revoked = false;
  let deleted = false;

  const runOf = (runId: string): Run => {
    const found = runs.find((run) => run.runId === runId);
    if (found) return found;
    const run: Run = { runId, events: [], status: 'running', epoch: 1, stepNo: 0, forgotten: 0 };
    runs.push(run);
    return run;
  };
  const followed = ({ runId, status, epoch, stepNo, events }: Run): FollowedRun => ({
    runId,
    agentId,
    status,
    epoch,
    stepNo,
    eventSeq: events.length,
    finishedAt: null,
  });
  const pageOf = (from: { run: Run; after: number }[]): Pick<EventsPage, 'events' | 'more'> => {
    const events = from.flatMap(({ run, after }) =>
      run.events
        .filter(({ seq }) => seq > after && seq > run.forgotten)
        .map((event) => ({ ...event, runId: run.runId })),
    );
    return { events: events.slice(0, pageSize), more: events.length > pageSize };
  };
  function count() {
    reads++;
    if (failures > 0) {
      failures--;
      throw new Error('no database');
    }
  }

  return {
    run: runOf,
    /** Commits an event and gives the message that would be published. */
    append(runId: string, type: RunEventType, data: Record<string, unknown> = {}): LiveMessage {
      const run = runOf(runId);
      const event: StoredEvent = { seq: run.events.length + 1, type, data, speech: null, at: '' };
      run.events.push(event);
      run.status = TERMINAL[type] ?? 'running';
      return { kind: 'events', runId, events: [event], lastSeq: event.seq };
    },
    reads: () => reads,
    failNext(times: number) {
      failures = times;
    },
    archive() {
      archived = true;
    },
    revoke() {
      revoked = true;
    },
    remove() {
      deleted = true;
    },
    removeRun(runId: string) {
      const index = runs.findIndex((run) => run.runId === runId);
      if (index >= 0) runs.splice(index, 1);
    },
    runSource: (runId: string, after = 0): Source => ({
      agentId,
      start: { runId, seq: after },
      goesOn: false,
      idOf: ({ seq }) => String(seq),
      async read(cursor) {
        count();
        const run = runs.find((candidate) => candidate.runId === runId);
        if (!run || deleted) return null;
        const latest = followed(run);
        const page = pageOf([{ run, after: cursor?.seq ?? 0 }]);
        return { ...page, latest, cursorEnd: latest.eventSeq, stands: !revoked, closed: true };
      },
    }),
    agentSource: (after: Source['start'] = null): Source => ({
      agentId,
      start: after,
      goesOn: true,
      idOf: ({ runId, seq }) => `${runId}.${seq}`,
      async read(cursor) {
        count();
        if (deleted) return null;
        const at = runs.findIndex(({ runId }) => runId === cursor?.runId);
        const gone = cursor !== null && at < 0;
        const rest = runs.slice(Math.max(at, 0));
        const page = pageOf(
          gone ? [] : rest.map((run) => ({ run, after: run.runId === cursor?.runId ? cursor.seq : 0 })),
        );
        const latest = runs.at(-1);
        return {
          ...page,
          latest: latest ? followed(latest) : null,
          cursorEnd: runs[at]?.events.length ?? null,
          stands: !revoked,
          closed: archived,
        };
      },
    }),
  };
}
