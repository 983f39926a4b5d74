import { html } from 'hono/html';
import { TAGS } from '../tags.ts';
import type { Markup } from './markup.ts';

/** A page of the documentation: no script, one style sheet of our own. */
export const layout = (title: string, body: Markup): Markup => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Cadence API</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<nav aria-label="Documentation">
<a href="/docs">Cadence API</a>
${Object.keys(TAGS).map((tag) => html`<a href="/docs/${tag}">${tag}</a> `)}
<a href="/docs/schemas">schemas</a> <a href="/docs/errors">errors</a> <a href="/openapi.json">openapi.json</a>
</nav>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>`;

export const STYLE = `:root { color-scheme: light dark; --line: light-dark(#d8dbe2, #343a46); --soft: light-dark(#f4f5f8, #1c2029); --link: light-dark(#0a58ca, #7fb2ff); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; background: light-dark(#fff, #12151b); color: light-dark(#1a1d23, #e4e7ec); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: .75rem 1rem; border-bottom: 1px solid var(--line); background: var(--soft); }
main { max-width: 54rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
a { color: var(--link); }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); } h3 { font-size: 1rem; margin-bottom: .25rem; }
code, pre { font: .875em/1.5 ui-monospace, monospace; }
code { background: var(--soft); padding: .1em .3em; border-radius: .25em; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: .4em; padding: .75rem; overflow: auto; max-height: 30rem; overflow-wrap: normal; }
summary { cursor: pointer; padding: .35rem 0; }
.call { font: 600 .95rem/1.5 ui-monospace, monospace; }
.type, .limits { opacity: .8; }
ul.fields { list-style: none; padding-left: 1rem; border-left: 2px solid var(--line); }
ul.fields li { margin: .3rem 0; }
dt { margin-top: .75rem; } dd { margin-left: 1rem; }
`;
