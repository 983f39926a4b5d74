import { oncePerPrompt } from './once-per-prompt.ts';
import type { CacheControl } from './request.ts';

/** A piece of a prompt that may carry a cache breakpoint. */
export interface PromptPiece {
  path: string;
  text: string;
  /** How long the prefix that ends here is to be cached, when it carries a breakpoint. */
  ttl: '5m' | '1h' | undefined;
}

/** The pieces of a prompt in the order in which the API processes them: tools, the system prompt, the messages. */
export const promptPieces = oncePerPrompt((prompt): PromptPiece[] => {
  const pieces = [
    ...(prompt.tools ?? []).map((tool, index) => piece(`tools.${index}`, 'tool', tool)),
    ...(prompt.system ?? []).map((block, index) => piece(`system.${index}`, 'system prompt', block)),
    ...prompt.messages.flatMap(({ role, content }, at) =>
      content.map((block, index) => piece(`messages.${at}.content.${index}`, role, block)),
    ),
  ];
  const last = pieces.at(-1);
  if (prompt.cache_control && last) last.ttl ??= ttlOf(prompt.cache_control);
  return pieces;
});

function piece(path: string, kind: string, part: { cache_control?: CacheControl } | object): PromptPiece {
  const control = 'cache_control' in part ? part.cache_control : undefined;
  const text = JSON.stringify({ kind, part: { ...part, cache_control: undefined } });
  return { path, text, ttl: ttlOf(control) };
}

function ttlOf(control: CacheControl): '5m' | '1h' | undefined {
  return control ? (control.ttl ?? '5m') : undefined;
}
