import { BUDGET } from './budget/task.ts';
import { EFFECTS } from './effects/task.ts';
import { REFERENCE } from './task.ts';
import type { Deed } from './user-act.ts';
import { WORDS } from './words/task.ts';

/** What the agent of a simulated run is given to do, and what its user has to say meanwhile. */
export interface Task {
  prompt: string;
  newAgent: object;
  /** Model turns of its script. */
  turns: number;
  /** What the user says while it is under way, once. */
  followUp: { text: string; deliver: 'now' | 'afterRun' };
  /** After how many turns they say it, unless a plan is about that: in the slow turn. */
  usualFollowUp: number;
  /** What they answer when they are asked. */
  answer: string;
  /** How long it may take when nothing goes wrong. */
  plainMs: number;
  /** Its user may spend nothing on the day on which it begins, until they say otherwise. */
  isDayShut?: true;
  /** What its user may do at every moment besides what users of all tasks do. */
  deeds?: readonly Deed[];
}

export const TASK_NAMES = ['reference', 'effects', 'budget', 'words'] as const;
export type TaskName = (typeof TASK_NAMES)[number];

export const TASKS: Readonly<Record<TaskName, Task>> = {
  reference: REFERENCE,
  effects: EFFECTS,
  budget: BUDGET,
  words: WORDS,
};

/** Plans of the first task do not name it. */
export const nameOnTask = (task: TaskName, name: string): string =>
  task === 'reference' ? name : `${task}/${name}`;

/** What a plan's name says of the task, and the rest of it. @throws Error for a task that is not there */
export function splitTask(name: string): { task: TaskName; rest: string } {
  const [, task, rest = ''] = /^(\w+)\/(.*)$/.exec(name) ?? [];
  if (task === undefined) return { task: 'reference', rest: name };
  const known = TASK_NAMES.find((name) => name === task);
  if (!known) throw new Error(`"${task}" is no task`);
  return { task: known, rest };
}
