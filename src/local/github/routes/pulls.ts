import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, type ApiContext, mayPush, requireParticipant, requirePush } from '../api/context.ts';
import { ApiError, type FieldError, notFound, validationFailed } from '../api/errors.ts';
import { paginate } from '../api/pagination.ts';
import { type Core, fullName, takeId, timestamp, userOf } from '../core.ts';
import { renderDiff } from '../git/diff.ts';
import { relate } from '../git/history.ts';
import { isRefName } from '../git/resolve.ts';
import type { GitStore } from '../git/store.ts';
import { writeMerge } from '../merging.ts';
import { announcePull, findPull, isPull, markMerged, mergedTree, rangeOf } from '../pulls.ts';
import { moveRef } from '../refs.ts';
import type { PullIssue, RepositoryRecord } from '../types.ts';
import { renderUser } from '../views/accounts.ts';
import { renderFile } from '../views/files.ts';
import { renderCommit } from '../views/git.ts';
import { renderPull } from '../views/issues.ts';
import { diff, wantsDiff } from './commits.ts';

const createBody = z.object({
  title: z.string(),
  head: z.string(),
  base: z.string(),
  body: z.string().nullish(),
  draft: z.boolean().default(false),
});

const updateBody = z.object({
  title: z.string().optional(),
  body: z.string().nullish(),
  state: z.enum(['open', 'closed']).optional(),
  base: z.string().optional(),
});

const mergeBody = z.object({
  sha: z.string().optional(),
  merge_method: z.enum(['merge', 'squash', 'rebase']).default('merge'),
  commit_title: z.string().optional(),
  commit_message: z.string().optional(),
});

/** Pull requests between branches of one repository. */
export function registerPulls(api: Api, core: Core): void {
  api.get('/repos/:owner/:repo/pulls', (c) => {
    const { repository } = c.var;
    const [head, base, state] = [c.req.query('head'), c.req.query('base'), c.req.query('state') ?? 'open'];
    const pulls = repository.issues
      .filter(isPull)
      .filter((issue) => state === 'all' || issue.state === state)
      .filter((issue) => head === undefined || `${repository.owner}:${issue.pull.head}` === head)
      .filter((issue) => base === undefined || issue.pull.base === base);
    const byTime = (issue: PullIssue) =>
      c.req.query('sort') === 'updated' ? issue.updatedAt : issue.createdAt;
    const ascending = pulls.toSorted((a, b) => byTime(a).localeCompare(byTime(b)) || a.number - b.number);
    const ordered = c.req.query('direction') === 'asc' ? ascending : ascending.reverse();
    return c.json(paginate(core, c, ordered).map((issue) => renderPull(core, repository, issue)));
  });

  api.post('/repos/:owner/:repo/pulls', async (c) => {
    const viewer = requireParticipant(c);
    const { repository } = c.var;
    const body = await readBody(c, createBody);
    if (!mayPush(core, viewer, repository))
      throw refused({ code: 'custom', message: 'must be a collaborator' });
    return core.lock(fullName(repository), async () => {
      const issue = await openPull(core, repository, body, viewer.user.login);
      announcePull(core, repository, issue, 'opened', viewer.user.login);
      const full = await renderFull(core, repository, issue);
      return c.json(full, 201, { Location: full.url });
    });
  });

  api.get('/repos/:owner/:repo/pulls/:number', async (c) => {
    const { repository, store } = c.var;
    const issue = pullOf(c, c.req.param('number'));
    if (wantsDiff(c)) return diff(c, await renderDiff(store, (await rangeOf(store, issue)).changes));
    return c.json(await renderFull(core, repository, issue));
  });

  api.patch('/repos/:owner/:repo/pulls/:number', async (c) => {
    const viewer = requireParticipant(c);
    const { repository, store } = c.var;
    const issue = pullOf(c, c.req.param('number'));
    if (!mayPush(core, viewer, repository) && issue.author !== viewer.user.login) throw notFound();
    const body = await readBody(c, updateBody);
    return core.lock(fullName(repository), async () => {
      if (body.title === '') throw refused({ field: 'title', code: 'missing_field' });
      if (body.base !== undefined) issue.pull.base = await existingBranch(store, 'base', body.base);
      if (body.state === 'open' && issue.state === 'closed') await reopen(repository, store, issue);
      issue.title = body.title ?? issue.title;
      if (body.body !== undefined) issue.body = body.body;
      const before = issue.state;
      issue.state = body.state ?? issue.state;
      issue.updatedAt = timestamp(core);
      if (before !== issue.state) issue.closedAt = issue.state === 'closed' ? issue.updatedAt : null;
      const action = before === issue.state ? 'edited' : issue.state === 'open' ? 'reopened' : 'closed';
      announcePull(core, repository, issue, action, viewer.user.login);
      return c.json(await renderFull(core, repository, issue));
    });
  });

  api.get('/repos/:owner/:repo/pulls/:number/files', async (c) => {
    const { repository, store } = c.var;
    const issue = pullOf(c, c.req.param('number'));
    const page = paginate(core, c, (await rangeOf(store, issue)).changes);
    const { headSha } = issue.pull;
    return c.json(
      await Promise.all(page.map((change) => renderFile(core, repository, store, headSha, change))),
    );
  });

  api.get('/repos/:owner/:repo/pulls/:number/commits', async (c) => {
    const { repository, store } = c.var;
    const { commits } = await rangeOf(store, pullOf(c, c.req.param('number')));
    return c.json(paginate(core, c, commits).map((commit) => renderCommit(core, repository, commit)));
  });

  api.get('/repos/:owner/:repo/pulls/:number/merge', (c) => {
    if (pullOf(c, c.req.param('number')).pull.mergedAt === null) throw notFound();
    return c.body(null, 204);
  });

  api.put('/repos/:owner/:repo/pulls/:number/merge', async (c) => {
    const { user } = requirePush(core, c);
    const { repository } = c.var;
    const issue = pullOf(c, c.req.param('number'));
    const body = await readBody(c, mergeBody);
    const sha = await core.lock(fullName(repository), () => merge(core, repository, issue, body, user.login));
    return c.json({ sha, merged: true, message: 'Pull Request successfully merged' });
  });
}

function pullOf(c: ApiContext, number: string): PullIssue {
  const issue = findPull(c.var.repository, Number(number));
  if (!issue) throw notFound();
  return issue;
}

function refused(error: Omit<FieldError, 'resource'>): ApiError {
  return validationFailed({ resource: 'PullRequest', ...error });
}

async function existingBranch(store: GitStore, field: 'head' | 'base', name: string): Promise<string> {
  const ref = `refs/heads/${name}`;
  if (!isRefName(ref) || (await store.resolveRef(ref)) === undefined)
    throw refused({ field, code: 'invalid' });
  return name;
}

async function openPull(
  core: Core,
  repository: RepositoryRecord,
  body: z.infer<typeof createBody>,
  author: string,
): Promise<PullIssue> {
  const store = core.storeOf(repository);
  if (body.title.trim() === '') throw refused({ field: 'title', code: 'missing_field' });
  const own = `${repository.owner}:`;
  const head = await existingBranch(
    store,
    'head',
    body.head.startsWith(own) ? body.head.slice(own.length) : body.head,
  );
  const base = await existingBranch(store, 'base', body.base);
  refuseSecond(repository, head, base);
  const [headSha, baseSha] = await Promise.all([
    store.resolveRef(`refs/heads/${head}`),
    store.resolveRef(`refs/heads/${base}`),
  ]);
  if (headSha === undefined || baseSha === undefined) throw refused({ field: 'head', code: 'invalid' });
  const { ahead } = await relate(store, baseSha, headSha);
  if (ahead.length === 0)
    throw refused({ code: 'custom', message: `No commits between ${base} and ${head}` });

  const now = timestamp(core);
  const issue: PullIssue = {
    id: takeId(core),
    number: repository.nextNumber,
    title: body.title,
    body: body.body ?? null,
    state: 'open',
    stateReason: null,
    author,
    labels: [],
    assignees: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    comments: [],
    pull: {
      id: takeId(core),
      head,
      base,
      headSha,
      baseSha,
      draft: body.draft,
      mergedAt: null,
      mergedBy: null,
      mergeCommitSha: null,
    },
  };
  repository.nextNumber += 1;
  repository.issues.push(issue);
  await store.writeRef(`refs/pull/${issue.number}/head`, headSha);
  return issue;
}

function refuseSecond(repository: RepositoryRecord, head: string, base: string): void {
  const twin = repository.issues
    .filter(isPull)
    .find((issue) => issue.state === 'open' && issue.pull.head === head && issue.pull.base === base);
  if (!twin) return;
  const message = `A pull request already exists for ${repository.owner}:${head}.`;
  throw refused({ code: 'custom', message });
}

async function reopen(repository: RepositoryRecord, store: GitStore, issue: PullIssue): Promise<void> {
  const { head, base, mergedAt } = issue.pull;
  const tip = await store.resolveRef(`refs/heads/${head}`);
  if (mergedAt !== null || tip === undefined) {
    throw refused({
      field: 'state',
      code: 'invalid',
      message: 'state cannot be changed. The pull request cannot be reopened.',
    });
  }
  refuseSecond(repository, head, base);
  issue.pull.headSha = tip;
}

async function merge(
  core: Core,
  repository: RepositoryRecord,
  issue: PullIssue,
  body: z.infer<typeof mergeBody>,
  actor: string,
): Promise<string> {
  const store = core.storeOf(repository);
  const { pull } = issue;
  if (issue.state === 'closed' || pull.draft) throw new ApiError(405, 'Pull Request is not mergeable');
  if (body.sha !== undefined && body.sha !== pull.headSha) {
    throw new ApiError(409, 'Head branch was modified. Review and try the merge again.');
  }
  const range = await rangeOf(store, issue);
  const commit = await writeMerge(core, repository, issue, range, {
    method: body.merge_method,
    title: body.commit_title,
    message: body.commit_message,
    actor,
  });
  if (commit === undefined) throw new ApiError(405, 'Pull Request is not mergeable');
  pull.baseSha = range.base;
  // Marked before the base moves, so that the move finds nothing left to do for this pull request.
  markMerged(core, repository, issue, commit, actor);
  const ref = `refs/heads/${pull.base}`;
  await moveRef(core, repository, { ref, before: range.base, after: commit }, actor);
  return commit;
}

/** A pull request as it is shown alone, with what takes reading Git. */
async function renderFull(core: Core, repository: RepositoryRecord, issue: PullIssue) {
  const store = core.storeOf(repository);
  const { pull } = issue;
  const range = await rangeOf(store, issue);
  const files = await Promise.all(
    range.changes.map((change) => renderFile(core, repository, store, pull.headSha, change)),
  );
  const open = issue.state === 'open';
  const mergeable = open ? (await mergedTree(store, range, pull.headSha)) !== undefined : null;
  return {
    ...renderPull(core, repository, issue),
    merged: pull.mergedAt !== null,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeable === null ? 'unknown' : mergeable ? (pull.draft ? 'draft' : 'clean') : 'dirty',
    merged_by: pull.mergedBy === null ? null : renderUser(core, userOf(core, pull.mergedBy)),
    comments: issue.comments.length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: range.commits.length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: files.length,
  };
}
