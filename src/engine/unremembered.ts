import { MEMORY_LIMITS, type ScopedChanges } from '../memory/memory.ts';
import { failure } from '../tools/tool.ts';
import type { Call, Done } from './carry-out.ts';
import { endedRow, endingEvents } from './describe-call.ts';
import type { Work } from './work.ts';

const NOTHING = { put: [], forgotten: [] };
export const NO_CHANGES: ScopedChanges = { agent: NOTHING, organisation: NOTHING };

export const changesAnything = ({ agent, organisation }: ScopedChanges): boolean =>
  [agent, organisation].some(({ put, forgotten }) => put.length + forgotten.length > 0);

const { keys, characters } = MEMORY_LIMITS.organisation;
const NO_ROOM = `Not done: with all that this step was to remember there would be too much (an organisation has ${keys} memories and ${characters} characters at most, an agent ${MEMORY_LIMITS.agent.keys} and ${MEMORY_LIMITS.agent.characters}). Forget or shorten something, and try again.`;

const REMEMBERING: ReadonlySet<string> = new Set(['remember', 'forget']);

/**
 * A step of which nothing is remembered after all, as there was no room for it: its calls say so, to the model and to people. Whatever
 * else the step did stays.
 */
export function withoutMemories(work: Work, calls: readonly Call[], done: Done): Done {
  const refused = calls.filter(
    ({ row }, at) => REMEMBERING.has(row.name) && done.rows[at]?.state === 'completed',
  );
  const ids = new Set(refused.map(({ row }) => row.id));
  const result = failure(NO_ROOM);
  return {
    kind: 'done',
    rows: done.rows.map((row, at) => {
      const call = calls[at];
      return call && ids.has(row.id) ? endedRow(call, result) : row;
    }),
    events: [
      ...done.events.filter(
        (event) => !(event.type === 'toolCall.completed' && ids.has(event.data.toolCallId)),
      ),
      ...refused.flatMap((call) => endingEvents(work, call, result)),
    ],
  };
}
