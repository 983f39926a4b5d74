import type { Cloud } from '../../support/cloud.ts';
import { comparison } from '../comparison.ts';
import { kindOf, readRecord } from '../effects/calls.ts';
import { type Course, judgeWeb } from '../effects/judge.ts';
import { hearingsOf, isTold } from '../effects/told.ts';
import type { Web } from '../effects/web.ts';
import type { Said, Simulation } from '../simulation.ts';
import { FORKED, reworded } from './said.ts';
import { CALLS, WORDS } from './task.ts';

/** What is wrong with what the model heard, and with what was sent to the web. */
export async function judgeWords(
  cloud: Cloud,
  web: Web,
  simulation: Simulation,
  { isWhole }: Course,
): Promise<string[]> {
  const { wrong, expect } = comparison();
  const record = await readRecord(cloud, simulation.name);
  wrong.push(...judgeWeb(web.arrived(), record, simulation), ...judgeFork(simulation));
  if (isWhole) expect('calls', record.calls.map(kindOf), CALLS);
  return [...wrong, ...judgeSaid(simulation, { isWhole })];
}

/** One is made, and goes on where the original was. */
function judgeFork({ told, runs }: Simulation): string[] {
  const { wrong, expect } = comparison();
  const made = [...runs.values()].filter(({ row }) => row.prompt === FORKED).length;
  if (made > 1) wrong.push(`${made} forks were made`);
  for (const request of told.filter((request) => isTold(request, FORKED))) {
    expect('the fork knows the task', isTold(request, WORDS.prompt), true);
  }
  return wrong;
}

/**
 * Each message is heard once in a conversation, in the words that its user gave it last, and never when it was taken back. Where the
 * product said that a change came too late it was heard one way or the other.
 */
export function judgeSaid({ told, said, runs }: Simulation, { isWhole }: Pick<Course, 'isWhole'>): string[] {
  const wrong: string[] = [];
  const prompts = [...runs.values()].map(({ row }) => row.prompt);
  // Of the agent itself: a fork knows only what was said before it.
  const last = told.findLast((request) => !isTold(request, FORKED));
  const timesIn = (request: string, words: string): number => {
    const { asText, asResult } = hearingsOf(request, words);
    return asText + asResult;
  };
  const wasHeard = (words: string) =>
    prompts.includes(words) || told.some((request) => timesIn(request, words) > 0);

  const judge = ({ text, deliver, isEdited, isWithdrawn }: Said): void => {
    const other = reworded(text);
    const once = (request: string) => timesIn(request, text) + timesIn(request, other);
    const [asItWas, changed] = [wasHeard(text), wasHeard(other)];
    if (told.some((request) => once(request) > 1)) wrong.push(`heard twice in a conversation: ${text}`);
    if (isWithdrawn && (asItWas || changed)) wrong.push(`heard although it was taken back in time: ${text}`);
    if (isEdited && asItWas) wrong.push(`heard as it was although it was changed in time: ${text}`);
    if (asItWas && changed) wrong.push(`heard both before and after its change: ${text}`);
    const isHeard = deliver === 'now' ? last && once(last) === 1 : asItWas || changed;
    if (isWhole && !isWithdrawn && !isHeard) wrong.push(`never heard: ${text}`);
  };
  for (const message of said.values()) judge(message);
  return wrong;
}
