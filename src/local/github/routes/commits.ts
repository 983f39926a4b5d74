import type { Api, ApiContext } from '../api/context.ts';
import { ApiError, emptyRepository, notFound, unprocessable } from '../api/errors.ts';
import { linkPages, pageOf, paginate } from '../api/pagination.ts';
import { type Core, fullName } from '../core.ts';
import { diffTrees, renderDiff } from '../git/diff.ts';
import { log, relate } from '../git/history.ts';
import { resolveCommit } from '../git/resolve.ts';
import type { Commit, GitStore } from '../git/store.ts';
import { entryAt } from '../git/tree.ts';
import { comparedFiles, renderFile } from '../views/files.ts';
import { renderCommit } from '../views/git.ts';

/** History: lists of commits, single ones, and comparisons. */
export function registerCommits(api: Api, core: Core): void {
  api.get('/repos/:owner/:repo/commits', async (c) => {
    const { repository, store } = c.var;
    if ((await store.listRefs('refs/heads/')).length === 0) throw emptyRepository();
    const name = c.req.query('sha') ?? repository.defaultBranch;
    const start = await resolveCommit(store, name);
    if (start === undefined) throw notFound();
    const { page, perPage } = pageOf(c);
    const found: Commit[] = [];
    for await (const commit of log(store, start)) {
      if (!(await isWanted(c, commit))) continue;
      found.push(commit);
      if (found.length > page * perPage) break;
    }
    linkPages(core, c, { hasNext: found.length > page * perPage });
    const shown = found.slice((page - 1) * perPage, page * perPage);
    return c.json(shown.map((commit) => renderCommit(core, repository, commit)));
  });

  api.get('/repos/:owner/:repo/commits/:ref{.+}', async (c) => {
    const { repository, store } = c.var;
    const ref = c.req.param('ref');
    const oid = await resolveCommit(store, ref);
    const commit = oid === undefined ? undefined : await store.readCommit(oid);
    if (!commit) throw unprocessable(`No commit found for SHA: ${ref}`);
    const accept = c.req.header('accept') ?? '';
    if (/application\/vnd\.github(\.v3)?\.sha/.test(accept)) return c.text(commit.oid);
    const parent = commit.parents[0] === undefined ? undefined : await store.readCommit(commit.parents[0]);
    const changes = await diffTrees(store, parent?.tree, commit.tree);
    if (wantsDiff(c)) return diff(c, await renderDiff(store, changes));
    const files = await Promise.all(
      changes
        .slice(0, comparedFiles)
        .map((change) => renderFile(core, repository, store, commit.oid, change)),
    );
    const additions = files.reduce((sum, file) => sum + file.additions, 0);
    const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
    const stats = { total: additions + deletions, additions, deletions };
    return c.json({ ...renderCommit(core, repository, commit), stats, files });
  });

  api.get('/repos/:owner/:repo/compare/:basehead{.+}', async (c) => {
    const { repository, store } = c.var;
    const [from, to] = c.req.param('basehead').split('...', 2);
    const [base, head] = await Promise.all([commitOf(c, from), commitOf(c, to)]);
    if (!base || !head) throw notFound();
    const { ahead, behind, mergeBase } = await relate(store, base.oid, head.oid);
    const common = mergeBase === undefined ? undefined : await store.readCommit(mergeBase);
    if (!common) throw new ApiError(404, `No common ancestor between ${from} and ${to}.`);
    const changes = await diffTrees(store, common.tree, head.tree);
    if (wantsDiff(c)) return diff(c, await renderDiff(store, changes));
    const files = changes.slice(0, comparedFiles);
    const web = `${core.url}/${fullName(repository)}/compare/${from}...${to}`;
    return c.json({
      url: `${core.apiUrl}/repos/${fullName(repository)}/compare/${from}...${to}`,
      html_url: web,
      permalink_url: web,
      diff_url: `${web}.diff`,
      patch_url: `${web}.patch`,
      base_commit: renderCommit(core, repository, base),
      merge_base_commit: renderCommit(core, repository, common),
      status: statusOf(ahead.length, behind.length),
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      commits: paginate(core, c, ahead.toReversed()).map((commit) => renderCommit(core, repository, commit)),
      files: await Promise.all(files.map((change) => renderFile(core, repository, store, head.oid, change))),
    });
  });
}

/** Whether the caller asked for `application/vnd.github.diff`. */
export function wantsDiff(c: ApiContext): boolean {
  return /application\/vnd\.github(\.v3)?\.diff/.test(c.req.header('accept') ?? '');
}

export function diff(c: ApiContext, text: string): Response {
  return c.body(text, 200, { 'Content-Type': 'application/vnd.github.diff; charset=utf-8' });
}

/** A commit of this repository; `owner:branch` is understood for its own owner only, as there are no forks. */
async function commitOf(c: ApiContext, name: string | undefined): Promise<Commit | undefined> {
  const { repository, store } = c.var;
  const own = `${repository.owner}:`;
  const oid = await resolveCommit(store, name?.startsWith(own) ? name.slice(own.length) : (name ?? ''));
  return oid === undefined ? undefined : store.readCommit(oid);
}

function statusOf(ahead: number, behind: number): 'identical' | 'ahead' | 'behind' | 'diverged' {
  if (ahead === 0) return behind === 0 ? 'identical' : 'behind';
  return behind === 0 ? 'ahead' : 'diverged';
}

async function isWanted(c: ApiContext, commit: Commit): Promise<boolean> {
  const ms = commit.committer.seconds * 1000;
  const [since, until] = [c.req.query('since'), c.req.query('until')];
  if (since !== undefined && ms < Date.parse(since)) return false;
  if (until !== undefined && ms > Date.parse(until)) return false;
  const author = c.req.query('author');
  if (author !== undefined && author !== commit.author.email && author !== commit.author.name) return false;
  const path = c.req.query('path');
  return path === undefined || touches(c.var.store, commit, path);
}

async function touches(store: GitStore, commit: Commit, path: string): Promise<boolean> {
  const own = (await entryAt(store, commit.tree, path))?.oid;
  if (commit.parents.length === 0) return own !== undefined;
  // A merge is shown only when it differs from every parent.
  for (const oid of commit.parents) {
    const parent = await store.readCommit(oid);
    if (parent && (await entryAt(store, parent.tree, path))?.oid === own) return false;
  }
  return true;
}
