import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { COMPILED, ROOMY } from '../compiled.ts';
import { MUTANTS, mutantNamed } from './catalogue.ts';
import { isPlain } from './mix.ts';
import type { Mutant } from './mutant.ts';
import { type Verdict, verdictSchema } from './verdict.ts';

/** Past this a process is ended, whatever it is at. */
const LONGEST_MS = 10 * 60_000;
const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));

export interface MutantsSummary {
  tried: number;
  caught: number;
  /** Survivors whose explanation stands beside them. */
  explained: number;
  /** Nothing but mutants that are caught, or explained; and no case that reports something without a mutant too. */
  ok: boolean;
}

/**
 * Applies each mutant by itself and tells which case catches it, a process each, one for each core at a time.
 *
 * @param options.only the name of one; all if left out
 * @param options.say is told of each as it is judged
 */
export async function runMutants(options: {
  say: (line: string) => void;
  only?: string;
}): Promise<MutantsSummary> {
  const { say, only } = options;
  const mutants = only === undefined ? MUTANTS : [mutantNamed(only)];
  const catches = new Set<string>();
  const summary = { tried: mutants.length, caught: 0, explained: 0, ok: true };
  await sideBySide(mutants, async (mutant) => {
    const verdict = await judged(['mutant', mutant.name]);
    const isGood = mutant.survives === undefined ? verdict.kind === 'caught' : verdict.kind === 'survived';
    if (verdict.kind === 'caught') {
      summary.caught += 1;
      if (!isPlain(verdict.by)) catches.add(verdict.by);
    } else if (isGood) summary.explained += 1;
    if (!isGood) summary.ok = false;
    say(`${isGood ? '✓' : '✗'} ${mutant.name}: ${tell(mutant, verdict)}`);
  });
  // A case that reports something anyway has caught nothing.
  const innocent: Verdict =
    catches.size === 0 ? { kind: 'survived', runs: 0 } : await judged(['innocent', ...catches]);
  if (innocent.kind !== 'survived') {
    summary.ok = false;
    say(`✗ without any mutant: ${tell(undefined, innocent)}`);
  }
  return summary;
}

function tell(mutant: Mutant | undefined, verdict: Verdict): string {
  switch (verdict.kind) {
    case 'caught': {
      const unexpected = mutant?.survives === undefined ? '' : ', although it is said to survive';
      return `caught by ${verdict.by} after ${verdict.runs} runs${unexpected}: ${verdict.first}`;
    }
    case 'survived':
      return `survives ${verdict.runs} runs${mutant?.survives ? `, because ${mutant.survives}` : ''}`;
    case 'broken':
      return `could not be tried: ${verdict.error}`;
    case 'slow':
      return `no verdict after ${LONGEST_MS / 60_000} minutes`;
  }
}

async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: Math.min(4, availableParallelism()) }, async () => {
      for (const item of rest) await work(item);
    }),
  );
}

/** The verdict of a process of its own. */
async function judged(args: string[]): Promise<Verdict> {
  const child = fork(CHILD, args, {
    env: { ...process.env, ...COMPILED },
    execArgv: ROOMY,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: LONGEST_MS,
  });
  let verdict: Verdict | undefined;
  let complaint = '';
  child.on('message', (message) => {
    verdict = verdictSchema.parse(message);
  });
  child.stderr?.on('data', (chunk) => {
    complaint += chunk;
  });
  const signal = await new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('close', (_, signal) => resolve(signal)),
  );
  if (verdict) return verdict;
  return signal === 'SIGTERM' ? { kind: 'slow' } : { kind: 'broken', error: complaint.trim().slice(-400) };
}
