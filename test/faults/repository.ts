import { z } from 'zod';
import type { Cloud } from '../support/cloud.ts';
import { comparison } from './comparison.ts';
import type { Ledger } from './ledger.ts';
import { EXPECTED } from './task.ts';

const commitsSchema = z.object({
  commits: z.array(z.object({ sha: z.string(), commit: z.object({ message: z.string() }) })),
});
const pullsSchema = z.array(z.object({ head: z.object({ sha: z.string() }) }));
const contentSchema = z.object({ content: z.string() });

export interface Repository {
  /** What the branch has that `main` has not, oldest first. */
  commits: { sha: string; message: string }[];
  /** The commits at which pull requests from the branch stand. */
  pulls: string[];
  /** The text of the file that the task writes. */
  file: string | null;
}

/** Asks the stand-in, past the seam where faults are. */
export function askGitHub(
  cloud: Cloud,
  token: string,
  path: string,
  { method = 'GET', body }: { method?: string; body?: unknown } = {},
): Promise<Response> {
  const url = `${cloud.github.apiUrl}/repos/demo/todo-api${path}`;
  const headers = { authorization: `Bearer ${token}`, 'user-agent': 'cadence-faults' };
  return cloud.github.fetch(
    new Request(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
  );
}

/** So that a run which comes after many others costs no more than the first. */
export async function dropBranch(cloud: Cloud, token: string, branch: string): Promise<void> {
  await askGitHub(cloud, token, `/git/refs/heads/${encodeURIComponent(branch)}`, { method: 'DELETE' });
}

/** What effects left there; none of our own tables is believed. */
export async function readRepository(cloud: Cloud, token: string, branch: string): Promise<Repository> {
  const read = async (path: string): Promise<unknown> => (await askGitHub(cloud, token, path)).json();
  const ref = encodeURIComponent(branch);
  // Where the branch was never made, these answer that there is nothing.
  const compared = commitsSchema.safeParse(await read(`/compare/main...${ref}`));
  const file = contentSchema.safeParse(await read(`/contents/${EXPECTED.file.path}?ref=${ref}`));
  const pulls = pullsSchema.parse(await read(`/pulls?state=all&head=demo:${ref}`));
  return {
    commits: (compared.data?.commits ?? []).map(({ sha, commit }) => ({ sha, message: commit.message })),
    pulls: pulls.map(({ head }) => head.sha),
    file: file.success ? Buffer.from(file.data.content, 'base64').toString() : null,
  };
}

const subjectsOf = ({ commits }: Repository) => commits.map(({ message }) => message.split('\n', 1)[0]);

/** No effect more than once, in order, and each that is said to be done is there. */
export function judgeRepository(repository: Repository, ledgers: readonly Ledger[]): string[] {
  const { wrong, expect } = comparison();
  const subjects = subjectsOf(repository);
  expect('commits', subjects, EXPECTED.subjects.slice(0, subjects.length));
  const calls = ledgers.flatMap((ledger) => ledger.calls);
  const idsOf = (name: string, isDone: boolean) =>
    calls.filter((call) => call.name === name && (!isDone || call.state === 'completed')).map(({ id }) => id);
  const trailers = repository.commits.map(
    ({ message }) => /^Cadence-Tool-Call: (\S+)$/m.exec(message)?.[1] ?? 'none',
  );
  const known = idsOf('commit', false);
  expect(
    'commits of no call',
    trailers.filter((id) => !known.includes(id)),
    [],
  );
  for (const id of idsOf('commit', true)) {
    expect('commits of a completed call', trailers.filter((trailer) => trailer === id).length, 1);
  }
  expect('different trailers', new Set(trailers).size, subjects.length);
  expect('pull requests past the first', repository.pulls.slice(1), []);
  if (idsOf('open_pull_request', true).length > 0) {
    expect('pull requests that are said to be open', repository.pulls.length, 1);
  }
  return wrong;
}

/** Every effect; of the pull request, unless the user denied it. */
export function judgeWholeRepository(repository: Repository, ledgers: readonly Ledger[]): string[] {
  const { wrong, expect } = comparison();
  expect('all commits', subjectsOf(repository), EXPECTED.subjects);
  const head = repository.commits.at(-1)?.sha;
  expect('the base of the workspace', ledgers[0]?.baseSha, head);
  const isDenied = ledgers.some(({ calls }) => calls.some(({ state }) => state === 'denied'));
  expect('the head of the pull request', repository.pulls[0], isDenied ? undefined : head);
  expect('the file', repository.file, EXPECTED.file.content);
  return wrong;
}
