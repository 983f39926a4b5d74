import type { Context, Hono } from 'hono';
import { html } from 'hono/html';
import { mayRead, type Viewer } from '../api/context.ts';
import { authenticate } from '../api/credentials.ts';
import { type Core, findRepository, fullName } from '../core.ts';
import { renderDiff } from '../git/diff.ts';
import { resolveCommit } from '../git/resolve.ts';
import { entryAt } from '../git/tree.ts';
import { findPull, type PullRange, rangeOf } from '../pulls.ts';
import type { PullIssue, RepositoryRecord } from '../types.ts';
import { page } from '../views/page.ts';

/**
 * The pages a person opens: repositories, pull requests with their diff, raw files. A browser has no session here, so
 * private repositories show only to requests with a token.
 */
export function registerWeb(web: Hono, core: Core): void {
  web.get('/', (c) => {
    const repositories = core.state.data.repositories.filter((repository) => !repository.private);
    return c.html(
      page(
        'Repositories',
        html`<h1>Repositories</h1>
          <ul>
            ${repositories.map((repository) => html`<li><a href="/${fullName(repository)}">${fullName(repository)}</a></li>`)}
          </ul>`,
      ),
    );
  });

  web.get('/:owner/:repo', (c) => {
    const repository = visible(core, c, c.req.param('owner'), c.req.param('repo'));
    if (!repository) return c.text('Not Found', 404);
    const pulls = repository.issues.filter((issue) => issue.pull);
    return c.html(
      page(
        fullName(repository),
        html`<h1>${fullName(repository)}</h1>
          <p>${repository.description ?? ''}</p>
          <pre>git clone ${core.url}/${fullName(repository)}.git</pre>
          <h2>Pull requests</h2>
          <ul>
            ${pulls.map((issue) => html`<li><a href="/${fullName(repository)}/pull/${issue.number}">#${issue.number} ${issue.title}</a> (${issue.state})</li>`)}
          </ul>`,
      ),
    );
  });

  web.get('/:owner/:repo/pull/:file{[0-9]+(?:\\.diff)?}', async (c) => {
    const repository = visible(core, c, c.req.param('owner'), c.req.param('repo'));
    const file = c.req.param('file');
    const issue = repository && findPull(repository, Number.parseInt(file, 10));
    if (!repository || !issue) return c.text('Not Found', 404);
    const store = core.storeOf(repository);
    const range = await rangeOf(store, issue);
    const text = await renderDiff(store, range.changes);
    return file.endsWith('.diff') ? c.text(text) : c.html(pullPage(repository, issue, range, text));
  });

  web.get('/:owner/:repo/raw/:rest{.+}', async (c) => {
    const repository = visible(core, c, c.req.param('owner'), c.req.param('repo'));
    const found = repository && (await readRaw(core, repository, c.req.param('rest')));
    if (!found) return c.text('404: Not Found', 404);
    return c.body(Buffer.from(found), 200, { 'Content-Type': 'text/plain; charset=utf-8' });
  });
}

function visible(core: Core, c: Context, owner: string, name: string): RepositoryRecord | undefined {
  const repository = findRepository(core, owner, name);
  const found = authenticate(core, c.req.header('authorization'));
  const viewer: Viewer | undefined = typeof found === 'string' ? undefined : found;
  return repository && mayRead(core, viewer, repository) ? repository : undefined;
}

/** Branch names may contain slashes: the shortest prefix that names a commit is the ref. */
async function readRaw(
  core: Core,
  repository: RepositoryRecord,
  rest: string,
): Promise<Uint8Array | undefined> {
  const store = core.storeOf(repository);
  const parts = rest.split('/');
  for (let length = 1; length < parts.length; length += 1) {
    const oid = await resolveCommit(store, parts.slice(0, length).join('/'));
    const commit = oid === undefined ? undefined : await store.readCommit(oid);
    if (!commit) continue;
    const entry = await entryAt(store, commit.tree, parts.slice(length).join('/'));
    const found = entry && (await store.read(entry.oid));
    return found?.type === 'blob' ? found.content : undefined;
  }
  return undefined;
}

function pullPage(repository: RepositoryRecord, issue: PullIssue, range: PullRange, diff: string) {
  const state = issue.pull.mergedAt === null ? issue.state : 'merged';
  return page(
    `${issue.title} · Pull Request #${issue.number}`,
    html`<p><a href="/${fullName(repository)}">${fullName(repository)}</a></p>
      <h1>${issue.title} <small>#${issue.number}</small></h1>
      <p><strong>${state}</strong> ${issue.author} wants to merge ${range.commits.length} commit(s) into
        <code>${issue.pull.base}</code> from <code>${issue.pull.head}</code></p>
      <p style="white-space: pre-wrap">${issue.body ?? ''}</p>
      <h2>Comments</h2>
      ${issue.comments.map((comment) => html`<p style="white-space: pre-wrap"><strong>${comment.author}</strong> ${comment.body}</p>`)}
      <h2>Commits</h2>
      <ul>
        ${range.commits.map((commit) => html`<li><code>${commit.oid.slice(0, 7)}</code> ${commit.message.split('\n')[0] ?? ''}</li>`)}
      </ul>
      <h2>Files changed: ${range.changes.length}</h2>
      <pre>${diff}</pre>`,
  );
}
