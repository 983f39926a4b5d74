import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, type ApiContext, requireParticipant } from '../api/context.ts';
import { notFound, unprocessable } from '../api/errors.ts';
import { paginate } from '../api/pagination.ts';
import { type Core, fullName, takeId, timestamp, userOf } from '../core.ts';
import { findPull } from '../pulls.ts';
import type { PullIssue, RepositoryRecord, ReviewRecord } from '../types.ts';
import { nodeId, renderUser } from '../views/accounts.ts';
import { associationOf, renderPull } from '../views/issues.ts';

const reviewBody = z.object({
  event: z.enum(['APPROVE', 'REQUEST_CHANGES', 'COMMENT']),
  body: z.string().nullish(),
  comments: z.array(z.object({ path: z.string(), line: z.int().min(1), body: z.string() })).default([]),
});

const STATES = { APPROVE: 'approved', REQUEST_CHANGES: 'changes_requested', COMMENT: 'commented' } as const;

/** Reviews that are submitted as they are made, and their comments. */
export function registerReviews(api: Api, core: Core): void {
  const path = '/repos/:owner/:repo/pulls/:number{[0-9]+}/reviews';

  api.get(path, (c) => {
    const pull = pullOf(c);
    const reviews = (c.var.repository.reviews ?? []).filter(({ pullNumber }) => pullNumber === pull.number);
    return c.json(paginate(core, c, reviews).map((review) => renderForApi(core, c.var.repository, review)));
  });

  api.post(path, async (c) => {
    const { user } = requireParticipant(c);
    const { repository } = c.var;
    const issue = pullOf(c);
    const { event, body, comments } = await readBody(c, reviewBody);
    const text = body?.trim() ? body : null;
    if (event !== 'COMMENT' && issue.author === user.login) {
      const what = event === 'APPROVE' ? 'approve' : 'request changes on';
      throw unprocessable(`Can not ${what} your own pull request`);
    }
    if (event === 'REQUEST_CHANGES' && text === null) throw unprocessable('You need to leave a comment.');
    if (event === 'COMMENT' && text === null && comments.length === 0) {
      throw unprocessable('You need to leave a comment.');
    }
    const review: ReviewRecord = {
      id: takeId(core),
      pullNumber: issue.number,
      author: user.login,
      state: STATES[event],
      body: text,
      commitId: issue.pull.headSha,
      submittedAt: timestamp(core),
      comments: comments.map((comment) => ({ ...comment, id: takeId(core) })),
    };
    repository.reviews = [...(repository.reviews ?? []), review];
    core.webhooks.emit(repository, 'pull_request_review', user.login, {
      action: 'submitted',
      review: render(core, repository, review),
      pull_request: renderPull(core, repository, issue),
    });
    return c.json(renderForApi(core, repository, review));
  });

  api.get(`${path}/:review{[0-9]+}/comments`, (c) => {
    const pull = pullOf(c);
    const review = (c.var.repository.reviews ?? []).find(
      ({ id, pullNumber }) => id === Number(c.req.param('review')) && pullNumber === pull.number,
    );
    if (!review) throw notFound();
    const page = paginate(core, c, review.comments);
    return c.json(
      page.map((comment) => ({
        ...comment,
        pull_request_review_id: review.id,
        commit_id: review.commitId,
        user: renderUser(core, userOf(core, review.author)),
        created_at: review.submittedAt,
        updated_at: review.submittedAt,
      })),
    );
  });
}

function pullOf(c: ApiContext): PullIssue {
  const pull = findPull(c.var.repository, Number(c.req.param('number')));
  if (!pull) throw notFound();
  return pull;
}

/** As webhooks show it. */
function render(core: Core, repository: RepositoryRecord, review: ReviewRecord) {
  const pull = `${core.url}/${fullName(repository)}/pull/${review.pullNumber}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: renderUser(core, userOf(core, review.author)),
    body: review.body,
    state: review.state,
    commit_id: review.commitId,
    submitted_at: review.submittedAt,
    author_association: associationOf(repository, review.author),
    html_url: `${pull}#pullrequestreview-${review.id}`,
  };
}

/** The API writes the state in capitals, and no body as an empty one. */
function renderForApi(core: Core, repository: RepositoryRecord, review: ReviewRecord) {
  const view = render(core, repository, review);
  return { ...view, state: view.state.toUpperCase(), body: view.body ?? '' };
}
