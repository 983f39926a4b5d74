import { createHash, createHmac } from 'node:crypto';
import { MODELS, type ModelEntry } from './catalog.ts';
import { oncePerPrompt } from './once-per-prompt.ts';
import type { RequestBlock } from './request.ts';

/** Public on purpose: a conversation must still be accepted after the local cloud was started again. */
const KEY = 'the scripted model signs its thoughts';

/** What a signature says about the block it came with. */
export type Provenance = 'genuine' | 'otherConversation' | 'otherModel' | 'altered';

/**
 * Signs a thinking block as it is returned: which model thought it, and after what.
 *
 * @param prefix what came before, from `prefixesOf`
 */
export function signThinking(modelId: string, thinking: string, prefix: string): string {
  return `${mac(modelId, thinking)}.${mac(modelId, thinking, prefix)}`;
}

export function checkSignature(
  { thinking, signature }: { thinking: string; signature: string },
  model: ModelEntry,
  prefix: string,
): Provenance {
  if (signature === signThinking(model.id, thinking, prefix)) return 'genuine';
  const [thought] = signature.split('.');
  const thinker = MODELS.find(({ id }) => mac(id, thinking) === thought);
  if (!thinker) return 'altered';
  return thinker.id === model.id ? 'otherConversation' : 'otherModel';
}

/**
 * What stands before each message, and at the end of the list before the next one: tools, system prompt and blocks, but
 * not how the blocks are spread over messages, nor cache breakpoints, nor the order of keys.
 */
export const prefixesOf = oncePerPrompt(({ tools, system, messages }): string[] => {
  const hash = createHash('sha256').update(JSON.stringify({ tools, system }, canonical));
  const standing = () => hash.copy().digest('base64');
  const prefixes = [standing()];
  for (const { role, content } of messages) {
    for (const block of content) hash.update(`${role} ${canonicalText(block)}\n`);
    prefixes.push(standing());
  }
  return prefixes;
});

/** Only a call's input has keys of which the order is not ours. */
function canonicalText(block: RequestBlock): string {
  return block.type === 'tool_use'
    ? JSON.stringify(block, canonical)
    : JSON.stringify({ ...block, cache_control: undefined });
}

function canonical(key: string, value: unknown): unknown {
  if (key === 'cache_control') return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function mac(...parts: string[]): string {
  return createHmac('sha256', KEY).update(JSON.stringify(parts)).digest('base64url');
}
