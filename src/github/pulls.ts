import { z } from 'zod';
import { partsOf, type Send } from './send.ts';

export interface PullRequest {
  number: number;
  title: string;
  body: string | null;
  url: string;
  headSha: string;
}

export interface Pulls {
  /** The open pull request from a branch of this repository into another; null when there is none. */
  findOpenPull(repository: string, input: { head: string; base: string }): Promise<PullRequest | null>;
  /** @throws {GitHubError} `invalid` when one is open already or there is nothing between the branches */
  createPull(
    repository: string,
    input: { head: string; base: string; title: string; body: string },
  ): Promise<PullRequest>;
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
  };
}
