import { z } from 'zod';
import { type PullState, pullStateSchema } from '../../github/pulls.ts';

/** What happened in a repository, as far as a trigger can act on it. Times are RFC 3339, by GitHub's clock. */
export interface RepositoryEvent {
  /** Such as `issues.labeled`. */
  name: string;
  repository: { id: number; fullName: string };
  about: About;
}

export interface Account {
  login: string;
  isBot: boolean;
}

type About =
  | { kind: 'labelled'; number: number; label: string; by: Account; at: string }
  | { kind: 'commented'; number: number; body: string; by: Account; at: string }
  | {
      kind: 'reviewed';
      number: number;
      pull: PullState;
      reviewId: number;
      state: string;
      body: string;
      by: Account;
    }
  | { kind: 'checkFailed'; sha: string; branch: string; pullNumber: number | null }
  | { kind: 'pullOpened'; number: number; pull: PullState }
  | { kind: 'turned'; number: number; state: 'open' | 'closed'; pull: PullState | null; at: string };

const account = z
  .object({ login: z.string(), type: z.string().optional() })
  .transform(({ login, type }): Account => ({ login, isBot: type === 'Bot' }));
const time = z.iso.datetime({ offset: true });
const text = z
  .string()
  .nullish()
  .transform((value) => (value ?? '').toWellFormed());
const issue = z.object({ number: z.int(), updated_at: time });
const pull = z.intersection(pullStateSchema, z.object({ updated_at: time }));

const labelled = z.object({ issue, label: z.object({ name: z.string() }), sender: account }).transform(
  ({ issue, label, sender }): About => ({
    kind: 'labelled',
    number: issue.number,
    label: label.name,
    by: sender,
    at: issue.updated_at,
  }),
);

const commented = z
  .object({ issue, comment: z.object({ body: text, user: account, created_at: time }) })
  .transform(
    ({ issue, comment }): About => ({
      kind: 'commented',
      number: issue.number,
      body: comment.body,
      by: comment.user,
      at: comment.created_at,
    }),
  );

const reviewed = z
  .object({
    pull_request: pullStateSchema,
    review: z.object({ id: z.int(), state: z.string(), body: text, user: account }),
  })
  .transform(
    ({ pull_request, review }): About => ({
      kind: 'reviewed',
      number: pull_request.number,
      pull: pull_request,
      reviewId: review.id,
      state: review.state,
      body: review.body,
      by: review.user,
    }),
  );

const pullOpened = z.object({ pull_request: pullStateSchema }).transform(
  ({ pull_request }): About => ({
    kind: 'pullOpened',
    number: pull_request.number,
    pull: pull_request,
  }),
);

const issueTurned = (state: 'open' | 'closed') =>
  z.object({ issue }).transform(
    ({ issue }): About => ({
      kind: 'turned',
      number: issue.number,
      state,
      pull: null,
      at: issue.updated_at,
    }),
  );

const pullTurned = (state: 'open' | 'closed') =>
  z.object({ pull_request: pull }).transform(
    ({ pull_request }): About => ({
      kind: 'turned',
      number: pull_request.number,
      state,
      pull: pull_request,
      at: pull_request.updated_at,
    }),
  );

const failed = z.enum(['failure', 'timed_out', 'startup_failure']);
const pulls = z.array(z.object({ number: z.int() })).default([]);
const ended = { conclusion: failed, head_sha: z.string(), pull_requests: pulls };
const checkFailed = ({
  head_sha,
  head_branch,
  pull_requests,
}: {
  head_sha: string;
  head_branch: string;
  pull_requests: { number: number }[];
}): About => ({
  kind: 'checkFailed',
  sha: head_sha,
  branch: head_branch,
  pullNumber: pull_requests[0]?.number ?? null,
});

/** By event and action. What a payload says besides is GitHub's affair. */
const READERS: Readonly<Record<string, z.ZodType<About>>> = {
  'issues.labeled': labelled,
  'issues.closed': issueTurned('closed'),
  'issues.reopened': issueTurned('open'),
  'issue_comment.created': commented,
  'pull_request.opened': pullOpened,
  'pull_request.closed': pullTurned('closed'),
  'pull_request.reopened': pullTurned('open'),
  'pull_request_review.submitted': reviewed,
  'check_run.completed': z
    .object({
      check_run: z.object({ ...ended, check_suite: z.object({ head_branch: z.string() }) }),
    })
    .transform(({ check_run }) => checkFailed({ ...check_run, ...check_run.check_suite })),
  'check_suite.completed': z
    .object({ check_suite: z.object({ ...ended, head_branch: z.string() }) })
    .transform(({ check_suite }) => checkFailed(check_suite)),
  'workflow_run.completed': z
    .object({ workflow_run: z.object({ ...ended, head_branch: z.string() }) })
    .transform(({ workflow_run }) => checkFailed(workflow_run)),
};

const envelope = z.object({
  action: z.string(),
  repository: z.object({ id: z.int(), full_name: z.string() }),
});

/** Null for everything that no trigger acts on, a check that went well among it. */
export function readEvent(event: string, payload: unknown): RepositoryEvent | null {
  const outer = envelope.safeParse(payload);
  if (!outer.success) return null;
  const { action, repository } = outer.data;
  const name = `${event}.${action}`;
  const about = Object.hasOwn(READERS, name) ? READERS[name]?.safeParse(payload) : undefined;
  if (!about?.success) return null;
  return { name, repository: { id: repository.id, fullName: repository.full_name }, about: about.data };
}
