/** The line that marks what a tool call made, so that a lost answer is adopted instead of repeated. */
const trailerOf = (toolCallId: string): string => `Cadence-Tool-Call: ${toolCallId}`;

export function withTrailer(text: string, toolCallId: string): string {
  const body = text.trimEnd();
  return body === '' ? trailerOf(toolCallId) : `${body}\n\n${trailerOf(toolCallId)}`;
}

export function carriesTrailer(text: string | null, toolCallId: string): boolean {
  return (text ?? '').split(/\r?\n/).includes(trailerOf(toolCallId));
}

/** The same for Markdown that people read: a comment that no page shows. */
const markOf = (toolCallId: string): string => `<!-- ${trailerOf(toolCallId)} -->`;

export const withMark = (markdown: string, toolCallId: string): string =>
  `${markdown.trimEnd()}\n\n${markOf(toolCallId)}`;

export const carriesMark = (markdown: string, toolCallId: string): boolean =>
  markdown.includes(markOf(toolCallId));
