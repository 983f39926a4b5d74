import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

export const code = (text: string): Markup => html`<code>${text}</code>`;

/** Our descriptions know one mark: text between backticks is code. */
export const prose = (text: string): Markup =>
  html`${text.split('`').map((part, at) => (at % 2 === 1 ? code(part) : part))}`;

export const join = (parts: Markup[], between: string): Markup =>
  html`${parts.map((part, at) => (at === 0 ? part : html`${between}${part}`))}`;

/** Something long that opens when it is wanted. */
export const fold = (title: string, value: unknown): Markup => {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return html`<details><summary>${title}</summary><pre tabindex="0">${text}</pre></details>`;
};
