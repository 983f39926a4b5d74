import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, type ApiContext, mayPush, requireParticipant } from '../api/context.ts';
import { ApiError, notFound, validationFailed } from '../api/errors.ts';
import { paginate } from '../api/pagination.ts';
import { type Core, findUser, takeId, timestamp } from '../core.ts';
import { announcePull, isPull } from '../pulls.ts';
import type { IssueRecord, RepositoryRecord } from '../types.ts';
import { labelsOf, renderIssue } from '../views/issues.ts';
import { ensureLabels } from './labels.ts';

const createBody = z.object({
  title: z.union([z.string(), z.number()]).transform(String),
  body: z.string().nullish(),
  labels: z.array(z.union([z.string(), z.object({ name: z.string() })])).default([]),
  assignees: z.array(z.string()).default([]),
});

const updateBody = createBody.partial().extend({
  labels: createBody.shape.labels.removeDefault().optional(),
  assignees: z.array(z.string()).optional(),
  state: z.enum(['open', 'closed']).optional(),
  state_reason: z.enum(['completed', 'not_planned', 'reopened', 'duplicate']).nullish(),
});

/** Issues. Pull requests are issues here too, as on GitHub. */
export function registerIssues(api: Api, core: Core): void {
  api.get('/repos/:owner/:repo/issues', (c) => {
    const { repository } = c.var;
    const issues = repository.issues.filter((issue) => isWanted(c, issue));
    const byTime = (issue: IssueRecord) =>
      c.req.query('sort') === 'updated' ? issue.updatedAt : issue.createdAt;
    const ascending = issues.toSorted((a, b) => byTime(a).localeCompare(byTime(b)) || a.number - b.number);
    const ordered = c.req.query('direction') === 'asc' ? ascending : ascending.reverse();
    return c.json(paginate(core, c, ordered).map((issue) => renderIssue(core, repository, issue)));
  });

  api.post('/repos/:owner/:repo/issues', async (c) => {
    const viewer = requireParticipant(c);
    const { repository } = c.var;
    const body = await readBody(c, createBody);
    if (body.title.trim() === '') throw missingTitle();
    // Labels and assignees of those who may not set them are dropped without a word.
    const trusted = mayPush(core, viewer, repository);
    const now = timestamp(core);
    const issue: IssueRecord = {
      id: takeId(core),
      number: repository.nextNumber,
      title: body.title,
      body: body.body ?? null,
      state: 'open',
      stateReason: null,
      author: viewer.user.login,
      labels: trusted ? ensureLabels(core, repository, body.labels) : [],
      assignees: trusted ? assigneesOf(core, body.assignees) : [],
      createdAt: now,
      updatedAt: now,
      closedAt: null,
      comments: [],
      pull: null,
    };
    repository.nextNumber += 1;
    repository.issues.push(issue);
    announceIssue(core, repository, issue, 'opened', viewer.user.login);
    for (const label of labelsOf(core, repository, issue)) {
      announceIssue(core, repository, issue, 'labeled', viewer.user.login, { label });
    }
    const view = renderIssue(core, repository, issue);
    return c.json(view, 201, { Location: view.url });
  });

  api.get('/repos/:owner/:repo/issues/:number{[0-9]+}', (c) =>
    c.json(renderIssue(core, c.var.repository, issueOf(c, c.req.param('number')))),
  );

  api.patch('/repos/:owner/:repo/issues/:number{[0-9]+}', async (c) => {
    const viewer = requireParticipant(c);
    const { repository } = c.var;
    const issue = issueOf(c, c.req.param('number'));
    if (!mayPush(core, viewer, repository) && issue.author !== viewer.user.login) {
      throw new ApiError(403, 'Must have admin rights to Repository.');
    }
    const body = await readBody(c, updateBody);
    if (body.title?.trim() === '') throw missingTitle();
    if (body.state === 'open' && issue.state === 'closed' && issue.pull) {
      throw validationFailed({ resource: 'Issue', field: 'state', code: 'invalid' });
    }
    const before = issue.state;
    issue.title = body.title ?? issue.title;
    if (body.body !== undefined) issue.body = body.body;
    if (body.labels !== undefined) issue.labels = ensureLabels(core, repository, body.labels);
    if (body.assignees !== undefined) issue.assignees = assigneesOf(core, body.assignees);
    issue.state = body.state ?? issue.state;
    issue.updatedAt = timestamp(core);
    if (issue.state !== before) {
      const closed = issue.state === 'closed';
      issue.closedAt = closed ? issue.updatedAt : null;
      issue.stateReason = closed ? (body.state_reason ?? 'completed') : 'reopened';
    }
    const action = issue.state === before ? 'edited' : issue.state === 'closed' ? 'closed' : 'reopened';
    announceIssue(core, repository, issue, action, viewer.user.login);
    return c.json(renderIssue(core, repository, issue));
  });
}

/** The issue or pull request of that number. */
export function issueOf(c: ApiContext, number: string): IssueRecord {
  const issue = c.var.repository.issues.find((candidate) => candidate.number === Number(number));
  if (!issue) throw notFound();
  return issue;
}

/** Sends `issues`, or `pull_request` when the issue is one. */
export function announceIssue(
  core: Core,
  repository: RepositoryRecord,
  issue: IssueRecord,
  action: string,
  actor: string,
  more: Record<string, unknown> = {},
): void {
  if (isPull(issue)) {
    announcePull(core, repository, issue, action, actor, more);
    return;
  }
  core.webhooks.emit(repository, 'issues', actor, {
    action,
    issue: renderIssue(core, repository, issue),
    ...more,
  });
}

function missingTitle(): ApiError {
  return validationFailed({ resource: 'Issue', field: 'title', code: 'missing_field' });
}

function assigneesOf(core: Core, logins: string[]): string[] {
  return logins.map((login) => {
    const user = findUser(core, login);
    if (!user) throw validationFailed({ resource: 'Issue', field: 'assignees', code: 'invalid' });
    return user.login;
  });
}

function isWanted(c: ApiContext, issue: IssueRecord): boolean {
  const state = c.req.query('state') ?? 'open';
  if (state !== 'all' && issue.state !== state) return false;
  const labels = (c.req.query('labels') ?? '').split(',').filter((name) => name !== '');
  if (!labels.every((name) => issue.labels.includes(name))) return false;
  const creator = c.req.query('creator');
  if (creator !== undefined && issue.author !== creator) return false;
  const since = c.req.query('since');
  return since === undefined || Date.parse(issue.updatedAt) >= Date.parse(since);
}
