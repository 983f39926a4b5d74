import { cutText } from '../cut-text.ts';

const MAX_SPOKEN = 200;
/** Enough for any first sentence; a model's text may be long, and speech is made inside a step's commit. */
const MAX_READ = 4_000;

/**
 * The first sentence of a text in Markdown, without code and marks, at most 200 characters and always closed by a
 * sentence mark; null when nothing speakable is left.
 */
export function firstSentence(markdown: string): string | null {
  const text = plain(cutText(markdown, MAX_READ));
  if (!/[\p{L}\p{N}]/u.test(text)) return null;
  const sentence = /^.*?[.!?…](?=\s|$)/u.exec(text)?.[0] ?? text;
  if (sentence.length <= MAX_SPOKEN)
    return /[.!?…]$/.test(sentence) ? sentence : `${sentence.replace(/[\s,;:–—-]+$/, '')}.`;
  const cut = sentence.slice(0, MAX_SPOKEN - 1);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), MAX_SPOKEN / 2)).replace(/[\s,;:–—\ud800-\udbff-]+$/, '')}…`;
}

/** A whole text as one says it, closed by a sentence mark; null when nothing speakable is in it. */
export function wholeText(markdown: string): string | null {
  const text = plain(cutText(markdown, MAX_READ));
  if (!/[\p{L}\p{N}]/u.test(text)) return null;
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** A path, an address or a phrase as one says it: of paths and addresses the last name, at most 80 characters. */
export function forEar(subject: string): string {
  const one = plain(subject);
  const said = /\s/.test(one) ? one.replace(/(?:[\w.-]*\/)+/g, ' ').trim() : lastName(one);
  return said.length <= 80 ? said : `${cutText(said, 79).trimEnd()}…`;
}

function lastName(path: string): string {
  const parts = path
    .replace(/[?#].*$/, '')
    .split('/')
    .filter(Boolean);
  return parts.at(-1) ?? path;
}

/** Markdown to plain words on one line. Paragraph ends become sentence ends, so that a heading does not run on. */
function plain(markdown: string): string {
  return markdown
    .replace(/(```|~~~)[\s\S]*?(?:\1|$)/g, '\n\n')
    .replace(/<!--[\s\S]*?-->/g, ' ')
    .replace(/!\[[^\]]*\]\([^)]*\)/g, ' ')
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/`([^`\n]*)`/g, (_, code: string) => lastNameOfPath(code))
    .replace(/https?:\/\/\S+/g, 'a link')
    .replace(/^\s{0,3}(?:#{1,6}|>|[-*+]|\d{1,3}[.)])\s+/gm, '')
    .replace(/^\s*(?:[-*_]\s*){3,}$/gm, '')
    .replace(/(\*\*|__|~~)(?=\S)([\s\S]*?\S)\1/g, '$2')
    .replace(/(?<![\w*])[*_](?=\S)([^*_\n]*\S)[*_](?![\w*])/g, '$1')
    .replace(/(?<![\w./])\.{0,2}(?:[\w@.-]+\/)+([\w@-]+\.\w{1,8})\b/g, '$1')
    .replace(/\b[0-9a-f]{12,64}\b/g, '')
    .replace(/([^\s.!?…:,;])[ \t]*\n[ \t]*\n/g, '$1.\n')
    .replace(/\s+/g, ' ')
    .trim();
}

const lastNameOfPath = (code: string) => (/^[\w@./-]+$/.test(code) ? lastName(code) : code);
