import type { Run } from '../client/runs.ts';
import type { Counts } from '../cloud.ts';
import { dollars, field, plural, seconds } from './columns.ts';

/** What a run cost, in everything that somebody bills. */
export function costLines(run: Run, used: Counts, tookMs: number): string[] {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = run.usage;
  const cached = cacheReadTokens.toLocaleString('en-US');
  const all = inputTokens + cacheReadTokens + cacheWriteTokens;
  return [
    field('Time', seconds(tookMs)),
    field('Steps', run.stepCount.toLocaleString('en-US')),
    field(
      'Tokens',
      `${plural(all, 'token')} in (${cached} from the cache), ${outputTokens.toLocaleString('en-US')} out`,
    ),
    field('Model', `${dollars(run.costUsd)} at list price`),
    field('Neon', plural(used.statements, 'statement')),
    field('QStash', plural(used.queueMessages, 'message')),
    field('Redis', plural(used.redisCommands, 'command')),
  ];
}

/** What was used between two counts. */
export function usedSince(before: Counts, now: Counts): Counts {
  return {
    statements: now.statements - before.statements,
    redisCommands: now.redisCommands - before.redisCommands,
    queueMessages: now.queueMessages - before.queueMessages,
    modelCalls:
      now.modelCalls === null || before.modelCalls === null ? null : now.modelCalls - before.modelCalls,
  };
}
