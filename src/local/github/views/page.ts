import { html } from 'hono/html';

/** A whole page around a body. What `html` interpolates is escaped. */
export function page(title: string, body: ReturnType<typeof html>) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title} · local GitHub</title>
        <style>
          body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
          pre { background: #f6f8fa; overflow-x: auto; padding: 1rem; }
          button { font: inherit; padding: 0.4rem 1rem; }
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`;
}
