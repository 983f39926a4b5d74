import { cutText } from '../cut-text.ts';
import { recallMemories } from '../store/memories.ts';
import type { NewEvent } from '../store/runs/move.ts';
import type { ToolCallRow } from '../store/runs/step.ts';
import type { ToolContext, ToolResult } from '../tools/tool.ts';
import { announce } from './announce.ts';
import type { Call } from './carry-out.ts';
import { findProblems } from './dag/find-problems.ts';
import type { Engine } from './engine.ts';
import { subjectOf } from './subject.ts';
import { toolsOf } from './tools-of.ts';
import type { Work } from './work.ts';

/** Events are bounded in size, whatever came of a call. */
const LONGEST_MESSAGE = 300;

/** What people see of a call: its tool and what it is about. */
export const describeCall = ({ stepNo }: Work, { row, checked }: Call) => ({
  toolCallId: row.id,
  stepNo,
  name: row.name,
  ...subjectOf(checked),
});

/** Told of a call that is begun. */
export const startedEvent = (work: Work, call: Call): NewEvent =>
  announce({ type: 'toolCall.started', data: describeCall(work, call) });

/** What a tool is given besides its input. */
export const toolContext = (
  { db, fetch, openHeaders }: Engine,
  work: Work,
  { id }: ToolCallRow,
  plannedAt: string,
): ToolContext => ({
  toolCallId: id,
  runId: work.runId,
  workspace: work.workspace,
  memory: work.memory,
  outputs: work.outputs,
  recall: (words, limit) => recallMemories(db, { runId: work.runId, words, limit }),
  github: work.github,
  fetch,
  openHeaders,
  child: work.children.get(id) ?? null,
  toolNames: [...toolsOf(work.context).keys()],
  checkDag: async (dag) => (await findProblems(db, work.context.organisationId, dag)).problems,
  plannedAt,
  signal: work.heartbeat.lease,
});

/** The row of a call that was carried out. */
export const endedRow = ({ row }: Call, { output, result, isError }: ToolResult): ToolCallRow => ({
  ...row,
  state: isError ? 'failed' : 'completed',
  output,
  result: result ?? null,
});

/** The user's last word about a call that was not run, or left as it was. */
function decisionOn({ row }: Call): { decision?: 'deny' | 'leave' } {
  if (row.state === 'denied') return { decision: 'deny' };
  return row.state === 'needsReview' ? { decision: 'leave' } : {};
}

/** What there is to tell of a call that was carried out. */
export function endingEvents(work: Work, call: Call, result: ToolResult): NewEvent[] {
  const about = describeCall(work, call);
  return [
    ...(result.events ?? []).map(announce),
    result.isError
      ? announce({
          type: 'toolCall.failed',
          data: { ...about, message: cutText(result.output, LONGEST_MESSAGE), ...decisionOn(call) },
        })
      : announce({ type: 'toolCall.completed', data: about }),
  ];
}
