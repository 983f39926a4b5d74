import type { ModelEntry } from '../models/prices.ts';
import { frameOf } from './ask-model.ts';
import { estimateTokens, isNearlyFull } from './compaction.ts';
import { type Entry, narrate } from './conversation.ts';
import type { Work } from './work.ts';

export const entriesOf = (work: Work): Entry[] => narrate(work.context.runs, work.inboxSeq);

/** About how many tokens a model reads of the conversation, with all that every turn is sent besides. */
export const tokensOf = (work: Work, entries: readonly Entry[]): number =>
  estimateTokens(entries, JSON.stringify(frameOf(work)));

/** Whether the conversation nears what a model can read. */
export const isOutOfRoom = (work: Work, { contextTokens }: ModelEntry): boolean =>
  isNearlyFull(tokensOf(work, entriesOf(work)), contextTokens);
