import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, type ApiContext, mayPush, requireParticipant, type Viewer } from '../api/context.ts';
import { ApiError, notFound, validationFailed } from '../api/errors.ts';
import { paginate } from '../api/pagination.ts';
import { type Core, takeId, timestamp } from '../core.ts';
import type { CommentRecord, IssueRecord, RepositoryRecord } from '../types.ts';
import { renderComment, renderIssue } from '../views/issues.ts';
import { issueOf } from './issues.ts';

const commentBody = z.object({ body: z.string() });

/** Comments on issues and pull requests. Sending one twice makes two, as on GitHub. */
export function registerComments(api: Api, core: Core): void {
  const list = '/repos/:owner/:repo/issues/:number{[0-9]+}/comments';
  const single = '/repos/:owner/:repo/issues/comments/:id{[0-9]+}';

  api.get(list, (c) => {
    const { repository } = c.var;
    const issue = issueOf(c, c.req.param('number'));
    const since = c.req.query('since');
    const comments = issue.comments.filter(
      ({ updatedAt }) => since === undefined || Date.parse(updatedAt) >= Date.parse(since),
    );
    return c.json(
      paginate(core, c, comments).map((comment) => renderComment(core, repository, issue, comment)),
    );
  });

  api.post(list, async (c) => {
    const { user } = requireParticipant(c);
    const { repository } = c.var;
    const issue = issueOf(c, c.req.param('number'));
    const { body } = await readBody(c, commentBody);
    if (body.trim() === '') throw blank();
    const now = timestamp(core);
    const comment = { id: takeId(core), author: user.login, body, createdAt: now, updatedAt: now };
    issue.comments.push(comment);
    issue.updatedAt = now;
    announce(core, repository, issue, comment, 'created', user.login);
    const view = renderComment(core, repository, issue, comment);
    return c.json(view, 201, { Location: view.url });
  });

  api.get(single, (c) => {
    const { issue, comment } = commentOf(c, c.req.param('id'));
    return c.json(renderComment(core, c.var.repository, issue, comment));
  });

  api.patch(single, async (c) => {
    const viewer = requireParticipant(c);
    const { repository } = c.var;
    const { issue, comment } = commentOf(c, c.req.param('id'));
    requireAuthor(core, viewer, repository, comment);
    const { body } = await readBody(c, commentBody);
    if (body.trim() === '') throw blank();
    comment.body = body;
    comment.updatedAt = timestamp(core);
    announce(core, repository, issue, comment, 'edited', viewer.user.login);
    return c.json(renderComment(core, repository, issue, comment));
  });

  api.delete(single, (c) => {
    const viewer = requireParticipant(c);
    const { repository } = c.var;
    const { issue, comment } = commentOf(c, c.req.param('id'));
    requireAuthor(core, viewer, repository, comment);
    issue.comments = issue.comments.filter((candidate) => candidate !== comment);
    announce(core, repository, issue, comment, 'deleted', viewer.user.login);
    return c.body(null, 204);
  });
}

function commentOf(c: ApiContext, id: string): { issue: IssueRecord; comment: CommentRecord } {
  for (const issue of c.var.repository.issues) {
    const comment = issue.comments.find((candidate) => candidate.id === Number(id));
    if (comment) return { issue, comment };
  }
  throw notFound();
}

function requireAuthor(
  core: Core,
  viewer: Viewer,
  repository: RepositoryRecord,
  comment: CommentRecord,
): void {
  if (comment.author !== viewer.user.login && !mayPush(core, viewer, repository)) {
    throw new ApiError(403, 'Must have admin rights to Repository.');
  }
}

function blank(): ApiError {
  return validationFailed({ resource: 'IssueComment', field: 'body', code: 'missing_field' });
}

function announce(
  core: Core,
  repository: RepositoryRecord,
  issue: IssueRecord,
  comment: CommentRecord,
  action: string,
  actor: string,
): void {
  core.webhooks.emit(repository, 'issue_comment', actor, {
    action,
    issue: renderIssue(core, repository, issue),
    comment: renderComment(core, repository, issue, comment),
  });
}
