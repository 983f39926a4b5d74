import { z } from 'zod';
import { partsOf, type Send } from './send.ts';

export interface PullRequest {
  number: number;
  title: string;
  body: string | null;
  url: string;
  headSha: string;
}

/** A pull request as it stands. */
export interface PullState extends PullRequest {
  isOpen: boolean;
  /** Its branch, if that is in the repository itself; null when it comes from a fork. */
  branch: string | null;
}

export interface ReviewComment {
  path: string;
  /** Null when the line is not there any more. */
  line: number | null;
  body: string;
}

export interface Pulls {
  /** The open pull request from a branch of this repository into another; null when there is none. */
  findOpenPull(repository: string, input: { head: string; base: string }): Promise<PullRequest | null>;
  /** @throws {GitHubError} `invalid` when one is open already or there is nothing between the branches */
  createPull(
    repository: string,
    input: { head: string; base: string; title: string; body: string },
  ): Promise<PullRequest>;
  getPull(repository: string, number: number): Promise<PullState>;
  /** What a review says of lines, a hundred comments at most. */
  listReviewComments(repository: string, number: number, reviewId: number): Promise<ReviewComment[]>;
}

const pullSchema = z
  .object({
    number: z.number(),
    title: z.string(),
    body: z.string().nullish(),
    html_url: z.string(),
    head: z.object({ sha: z.string() }),
  })
  .transform(
    (pull): PullRequest => ({
      number: pull.number,
      title: pull.title,
      body: pull.body ?? null,
      url: pull.html_url,
      headSha: pull.head.sha,
    }),
  );

const end = z.object({
  ref: z.string(),
  sha: z.string(),
  repo: z.object({ id: z.number() }).nullable(),
});

/** A pull request with its state, as the API and webhooks show it. */
export const pullStateSchema = z
  .object({
    number: z.number(),
    title: z.string(),
    body: z.string().nullish(),
    html_url: z.string(),
    state: z.enum(['open', 'closed']),
    head: end,
    base: end,
  })
  .transform(
    ({ head, base, ...pull }): PullState => ({
      number: pull.number,
      title: pull.title,
      body: pull.body ?? null,
      url: pull.html_url,
      headSha: head.sha,
      isOpen: pull.state === 'open',
      branch: head.repo !== null && head.repo.id === base.repo?.id ? head.ref : null,
    }),
  );

const reviewCommentSchema = z
  .object({ path: z.string(), line: z.number().nullish(), body: z.string() })
  .transform(({ path, line, body }): ReviewComment => ({ path, line: line ?? null, body }));

export function createPulls(send: Send): Pulls {
  return {
    async findOpenPull(repository, { head, base }) {
      const { owner, repo } = partsOf(repository);
      const parameters = { owner, repo, state: 'open', head: `${owner}:${head}`, base, per_page: 1 };
      const route = 'GET /repos/{owner}/{repo}/pulls';
      return (await send.json(route, z.array(pullSchema), parameters)).data[0] ?? null;
    },

    async createPull(repository, input) {
      const parameters = { ...partsOf(repository), ...input };
      return (await send.json('POST /repos/{owner}/{repo}/pulls', pullSchema, parameters)).data;
    },

    async getPull(repository, number) {
      const parameters = { ...partsOf(repository), pull_number: number };
      return (await send.json('GET /repos/{owner}/{repo}/pulls/{pull_number}', pullStateSchema, parameters))
        .data;
    },

    async listReviewComments(repository, number, reviewId) {
      const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments';
      const parameters = { ...partsOf(repository), pull_number: number, review_id: reviewId, per_page: 100 };
      return (await send.json(route, z.array(reviewCommentSchema), parameters)).data;
    },
  };
}
