import type { Seen } from '../row-watch.ts';

/** A change of a run's row that one statement made: the transition, as the engine's table calls it, and the states it led from and to. */
export interface Move {
  name: string;
  from: string;
  to: string;
}

/** A transition as a line of the table shows it. */
export const moveKey = ({ name, from, to }: Move): string => `${name}: ${from} → ${to}`;

/** The state of a run, with what it waits for. */
export const stateOf = (seen: Seen | null | undefined): string => {
  if (!seen) return 'none';
  const { status, waiting_for: waitingFor } = seen.row;
  return waitingFor === null ? status : `${status} (${waitingFor})`;
};

/**
 * What only the statement of that name says; of two that fit the first counts. A statement is told by its text and not by what it
 * changed, so that one which does something it should not is still called by its name.
 */
export const STATEMENTS: readonly (readonly [name: string, text: RegExp])[] = [
  ['waitForChildren', /child_execution AS \(/],
  ['joinChildren', /child_joined = true/],
  ['sweepRuns', /FOR UPDATE SKIP LOCKED/],
  ['claimRun', /started_at = COALESCE\(started_at/],
  ['forkAgent', /parent_workspace_id/],
  ['createAgent', /INSERT INTO agents/],
  ['startRun', /^WITH run AS \(\s*INSERT INTO runs/],
  ['commitStep', /summary = COALESCE\(/],
  ['askUser', /asked_seq = CASE/],
  ['waitForAnswer', /asked_seq = \$/],
  ['planStep', /asked_seq = NULL/],
  ['reviewCall', /reviewed AS \(/],
  ['recordCall', /recorded AS \(/],
  ['markCall', /begun AS \(/],
  ['retryLater', /failures = failures \+ 1/],
  ['endRun', /error = CASE WHEN/],
  ['reserveMore', /step_least_micro_usd = /],
  ['finishRun', /WHEN inbox_seq <= \$\d+::int THEN 'completed'/],
  ['resumeRun', /asked_anew AS \(/],
  ['pauseRun', /pause_requested = \(status = 'running'\)/],
  ['cancelRun', /cancel_requested = true/],
  ['decideApproval', /decided AS \(/],
  ['extendBudget', /max_steps = GREATEST\(/],
  ['addMessage', /SET inbox_seq = inbox_seq \+ 1/],
  ['queueMessage', /after_run = after_run \|\|/],
  ['editQueued', /after_run =[\s\S]*SET text = /],
  ['withdrawQueued', /after_run =[\s\S]*SET withdrawn_at = /],
  ['editMessage', /UPDATE messages m SET text = /],
  ['withdrawMessage', /UPDATE messages m SET withdrawn_at = /],
  ['wakeForDay', /UPDATE runs SET wake_at = /],
  // These two change when the run is looked at, and nothing of what it is.
  ['renewLease', /^UPDATE runs SET lease_expires_at/],
  ['makeDue', /^UPDATE runs SET sweep_after = LEAST/],
];

/** What those two do: they are no transitions, but they are written to the run's row and may fail like any. */
export const UPKEEP: readonly Move[] = [
  { name: 'renewLease', from: 'running', to: 'running' },
  { name: 'makeDue', from: 'queued', to: 'queued' },
  { name: 'makeDue', from: 'waiting (timer)', to: 'waiting (timer)' },
  { name: 'makeDue', from: 'waiting (budget)', to: 'waiting (budget)' },
];

/** Those that begin a run by themselves; any other that does starts the next one of its agent. */
const BEGINNINGS = new Set(['createAgent', 'startRun', 'forkAgent']);

/** The name of a statement; undefined for one that changes no run. @param body as it is sent to the database */
export function nameOfStatement(body: string): string | undefined {
  const text = queryOf(body);
  return STATEMENTS.find(([, says]) => says.test(text))?.[0];
}

/** The move that a statement made of a run, found out by how the run was before it and after. */
export function moveOf(statement: string, before: Seen | null, after: Seen): Move {
  const name = before || BEGINNINGS.has(statement) ? statement : 'startNext';
  return { name, from: stateOf(before), to: stateOf(after) };
}

/** The text of a statement without its parameters, in which users may say anything. */
function queryOf(body: string): string {
  const end = body.lastIndexOf('","params":');
  return body.slice('{"query":"'.length, end === -1 ? undefined : end).replaceAll('\\n', '\n');
}
