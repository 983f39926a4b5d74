import { z } from 'zod';
import { GitHubError } from './errors.ts';
import { partsOf, type Send } from './send.ts';

interface ComparedFile {
  path: string;
  /** Where the file was, when it moved. */
  previousPath: string | null;
  status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed' | 'unchanged';
  additions: number;
  deletions: number;
}

/** What `head` has that `base` has not, seen from where they parted. GitHub lists at most 300 files. */
interface Comparison {
  status: 'ahead' | 'behind' | 'diverged' | 'identical';
  aheadBy: number;
  behindBy: number;
  files: ComparedFile[];
}

interface ListedCommit {
  sha: string;
  message: string;
  parents: string[];
  /** RFC 3339. */
  committedAt: string;
}

export interface History {
  /** @param base and head are branches or shas */
  compare(repository: string, base: string, head: string): Promise<Comparison>;
  /** The same as a unified diff, as `git diff base...head` prints it. */
  compareDiff(repository: string, base: string, head: string): Promise<string>;
  /** The newest commits of a branch or below a sha, newest first; `limit` is at most 100. */
  listCommits(repository: string, branch: string, limit: number): Promise<ListedCommit[]>;
}

const comparisonSchema = z
  .object({
    status: z.enum(['ahead', 'behind', 'diverged', 'identical']),
    ahead_by: z.number(),
    behind_by: z.number(),
    files: z
      .array(
        z.object({
          filename: z.string(),
          previous_filename: z.string().nullish(),
          status: z.enum(['added', 'removed', 'modified', 'renamed', 'copied', 'changed', 'unchanged']),
          additions: z.number(),
          deletions: z.number(),
        }),
      )
      .default([]),
  })
  .transform(
    (comparison): Comparison => ({
      status: comparison.status,
      aheadBy: comparison.ahead_by,
      behindBy: comparison.behind_by,
      files: comparison.files.map((file) => ({
        path: file.filename,
        previousPath: file.previous_filename ?? null,
        status: file.status,
        additions: file.additions,
        deletions: file.deletions,
      })),
    }),
  );

const listedCommitSchema = z
  .object({
    sha: z.string(),
    commit: z.object({ message: z.string(), committer: z.object({ date: z.string() }) }),
    parents: z.array(z.object({ sha: z.string() })),
  })
  .transform(
    ({ sha, commit, parents }): ListedCommit => ({
      sha,
      message: commit.message,
      parents: parents.map((parent) => parent.sha),
      committedAt: commit.committer.date,
    }),
  );

const compareRoute = 'GET /repos/{owner}/{repo}/compare/{basehead}';

export function createHistory(send: Send): History {
  return {
    async compare(repository, base, head) {
      const parameters = { ...partsOf(repository), basehead: `${base}...${head}` };
      return (await send.json(compareRoute, comparisonSchema, parameters)).data;
    },

    async compareDiff(repository, base, head) {
      const { data, status } = await send.stream(compareRoute, {
        ...partsOf(repository),
        basehead: `${base}...${head}`,
        headers: { accept: 'application/vnd.github.diff' },
      });
      try {
        return await new Response(data).text();
      } catch (error) {
        throw new GitHubError(`GitHub's answer to ${compareRoute} broke off`, {
          status,
          code: 'unavailable',
          cause: error,
        });
      }
    },

    async listCommits(repository, branch, limit) {
      const parameters = { ...partsOf(repository), sha: branch, per_page: limit };
      const route = 'GET /repos/{owner}/{repo}/commits';
      return (await send.json(route, z.array(listedCommitSchema), parameters)).data;
    },
  };
}
