import type { Cloud } from '../../support/cloud.ts';
import { comparison } from '../comparison.ts';
import type { Simulation } from '../simulation.ts';
import { type EffectCall, type EffectsRecord, kindOf, readRecord } from './calls.ts';
import { type IssueState, readIssue } from './issue.ts';
import { CALLS, COMMENT, EFFECTS, KEYED_BODY, LABEL, MARKED_BODY, MEMORY } from './task.ts';
import { hearingsOf, isTold, systemOf } from './told.ts';
import type { Arrival, Web } from './web.ts';

/** Where a run of the task came to. */
export interface Course {
  /** It did all that it was asked to. */
  isWhole: boolean;
  isCancelled: boolean;
  gaveUp: boolean;
}

/** What is wrong with what the task did to the world, counted where it arrived. */
export async function judgeEffects(
  cloud: Cloud,
  token: string,
  web: Web,
  simulation: Simulation,
  course: Course,
): Promise<string[]> {
  const record = await readRecord(cloud, simulation.name);
  return [
    ...judgeIssue(await readIssue(cloud, token), record, simulation),
    ...judgeWeb(web.arrived(), record, simulation),
    ...judgeConversation(record, simulation, course),
    ...judgeRecord(record, course),
  ];
}

const ofKind = ({ calls }: Pick<EffectsRecord, 'calls'>, kind: string) =>
  calls.filter((call) => kindOf(call) === kind);
const isDone = ({ state }: EffectCall) => state === 'completed';
/** What certainly never began. */
const isUntouched = ({ state }: EffectCall) => state === 'skipped' || state === 'denied';

/** How often the user had a call sent again. */
const sentAgain = ({ reviewed }: Simulation, callId: string): number =>
  [...reviewed.values()].filter(
    ({ toolCallId, decision }) => toolCallId === callId && decision === 'sendAgain',
  ).length;

function judgeIssue(
  { comments, labels, branches, main }: IssueState,
  record: EffectsRecord,
  simulation: Simulation,
): string[] {
  const { wrong, expect } = comparison();
  const within = withinOf(wrong);
  const ours = ofKind(record, 'comment');
  for (const call of ours) {
    const times = comments.filter((body) => body.includes(`Cadence-Tool-Call: ${call.id}`)).length;
    const most = isUntouched(call) ? 0 : 1 + sentAgain(simulation, call.id);
    within(`comments of a call that is ${call.state}`, times, isDone(call) ? 1 : 0, most);
  }
  const isOurs = (body: string) =>
    body.startsWith(COMMENT) && ours.some(({ id }) => body.includes(`Cadence-Tool-Call: ${id}`));
  expect(
    'comments of nobody',
    comments.filter((body) => !isOurs(body)),
    [],
  );
  if (ofKind(record, 'add_label').some(isDone)) expect('labels', labels, [LABEL]);
  else within('labels', labels.length, 0, 1);
  const created = ofKind(record, 'create_branch');
  within('branches', branches.length, created.some(isDone) ? 1 : 0, created.every(isUntouched) ? 0 : 1);
  for (const sha of branches) expect('where the branch is', sha, main);
  return wrong;
}

export function judgeWeb(
  arrivals: readonly Arrival[],
  record: Pick<EffectsRecord, 'calls'>,
  simulation: Simulation,
): string[] {
  const { wrong, expect } = comparison();
  const within = withinOf(wrong);
  const posted = arrivals.filter(({ method }) => method === 'POST');
  const keyed = ofKind(record, 'keyed');
  const keys = new Set(posted.map(({ key }) => key).filter((key) => key !== null));
  expect(
    'keys of no call',
    [...keys].filter((key) => !keyed.some(({ id }) => id === key)),
    [],
  );
  for (const call of keyed) {
    const isThere = keys.has(call.id);
    within(
      `effects of a keyed call that is ${call.state}`,
      Number(isThere),
      isDone(call) ? 1 : 0,
      isUntouched(call) ? 0 : 1,
    );
  }
  for (const { key, path, body } of posted) {
    expect('what was sent', [path, body], key === null ? ['/notes', MARKED_BODY] : ['/orders', KEYED_BODY]);
  }
  const marked = ofKind(record, 'marked');
  const again = marked.reduce((sum, { id }) => sum + sentAgain(simulation, id), 0);
  const begun = marked.filter((call) => !isUntouched(call)).length;
  const times = posted.filter(({ key }) => key === null).length;
  within(`arrivals of the marked request`, times, marked.filter(isDone).length, begun + again);
  const read = arrivals.filter(({ method }) => method === 'GET').length;
  if (ofKind(record, 'GET').some(isDone)) within('times it was read', read, 1, Number.POSITIVE_INFINITY);
  return wrong;
}

/** The conversation in which the answer was heard, and the one that knows what was remembered. */
function judgeConversation(record: EffectsRecord, { told }: Simulation, { isWhole }: Course): string[] {
  const { wrong, expect } = comparison();
  const within = withinOf(wrong);
  const asked = ofKind(record, 'ask_user');
  // Sent when nothing was asked any more, an answer is heard as words.
  const hearings = told.map((request) => hearingsOf(request, EFFECTS.answer));
  within('most results that are the answer', Math.max(0, ...hearings.map(({ asResult }) => asResult)), 0, 1);
  if (asked.some(isDone) && isWhole) {
    const last = told.findLast(
      (request) => isTold(request, EFFECTS.prompt) && !isTold(request, EFFECTS.followUp.text),
    );
    const heard = last === undefined ? null : hearingsOf(last, EFFECTS.answer);
    expect('how the answer was heard', heard, { asText: 0, asResult: 1 });
  }
  const later = told.filter((request) => isTold(request, EFFECTS.followUp.text));
  if (record.laterRuns > 0 && later.length === 0 && isWhole)
    wrong.push('the model never heard of the run behind');
  if (isWhole) {
    for (const request of later) expect('it remembers', systemOf(request).includes(MEMORY.value), true);
  }
  return wrong;
}

function judgeRecord(record: EffectsRecord, { isWhole, isCancelled, gaveUp }: Course): string[] {
  const { wrong, expect } = comparison();
  const within = withinOf(wrong);
  // A run that is given up may end before the turn in which it is said.
  const isUnsaid = gaveUp && !record.isLaterSaid;
  within('runs that the message behind started', record.laterRuns, isCancelled || isUnsaid ? 0 : 1, 1);
  if (isCancelled) within('ends of the message behind', record.laterRuns + record.laterWithdrawn, 0, 1);
  if (!isWhole) return wrong;
  expect('calls', record.calls.map(kindOf), CALLS);
  // What only reads gives up when nobody answers, and the model hears that.
  const mayFail = (call: EffectCall) => call.state === 'failed' && kindOf(call) === 'GET';
  const isOpen = (call: EffectCall) => !['completed', 'denied', 'needsReview'].includes(call.state);
  const open = record.calls.filter((call) => isOpen(call) && !mayFail(call));
  expect('calls that came to nothing', open, []);
  expect('memories', record.memories, { [MEMORY.key]: MEMORY.value });
  return wrong;
}

const withinOf = (wrong: string[]) => (what: string, is: number, least: number, most: number) => {
  if (is < least || is > most) wrong.push(`${what}: ${is}, not ${least} to ${most}`);
};
