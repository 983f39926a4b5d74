import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Octokit } from '@octokit/core';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { createGitHub, type GitHub, type GitHubOptions } from './github.ts';

/** A directory that is removed when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cadence-github-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** The stand-in in process with the repository `demo/todo-api`, whose only commit has a README. */
export async function openGitHub(
  options: Partial<GitHubOptions> = {},
): Promise<GitHub & { as(token: string | undefined): Octokit; demo: Octokit; octo: Octokit }> {
  const root = options.root ?? (await temporaryDirectory());
  const github = await createGitHub({
    root,
    clientId: 'client',
    clientSecret: 'secret',
    fetch: () => Promise.reject(new Error('no webhook was expected')),
    ...options,
  });
  onTestFinished(() => github.close());
  const as = (token: string | undefined) => octokit(github, token);
  const demo = as(await github.issueToken('demo'));
  const octo = as(await github.issueToken('octo'));
  await demo.request('POST /user/repos', { name: 'todo-api', auto_init: true }).catch(() => undefined);
  return { ...github, as, demo, octo };
}

function octokit(github: GitHub, auth: string | undefined): Octokit {
  const fetch = (url: string, init: RequestInit) => github.fetch(new Request(url, init));
  return new Octokit({ baseUrl: github.apiUrl, ...(auth ? { auth } : {}), request: { fetch } });
}

export const todo = { owner: 'demo', repo: 'todo-api' };

const refused = z.object({
  status: z.number(),
  response: z.object({ data: z.object({ message: z.string(), errors: z.unknown().optional() }) }),
});

/** The status and message of a refused request; fails when it was not refused. */
export async function refusal(
  request: Promise<unknown>,
): Promise<{ status: number; message: string; errors: unknown }> {
  try {
    await request;
  } catch (error) {
    const { status, response } = refused.parse(error);
    return { status, message: response.data.message, errors: response.data.errors };
  }
  throw new Error('the request was not refused');
}

/** Commits files on a branch through the Git Data API, making the branch from `main` when it is missing. */
export async function commitFiles(
  octokit: Octokit,
  branch: string,
  files: Record<string, string | null>,
  message = 'Change',
): Promise<string> {
  const main = await octokit.request('GET /repos/{owner}/{repo}/git/ref/{ref}', {
    ...todo,
    ref: 'heads/main',
  });
  const tip = await octokit
    .request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...todo, ref: `heads/${branch}` })
    .catch(() => undefined);
  const parent = (tip ?? main).data.object.sha;
  const commit = await octokit.request('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', {
    ...todo,
    commit_sha: parent,
  });
  const tree = await octokit.request('POST /repos/{owner}/{repo}/git/trees', {
    ...todo,
    base_tree: commit.data.tree.sha,
    tree: Object.entries(files).map(([path, content]) => ({
      path,
      mode: '100644' as const,
      type: 'blob' as const,
      ...(content === null ? { sha: null } : { content }),
    })),
  });
  const made = await octokit.request('POST /repos/{owner}/{repo}/git/commits', {
    ...todo,
    message,
    tree: tree.data.sha,
    parents: [parent],
  });
  const sha = made.data.sha;
  if (tip) {
    await octokit.request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', {
      ...todo,
      ref: `heads/${branch}`,
      sha,
    });
  } else {
    await octokit.request('POST /repos/{owner}/{repo}/git/refs', {
      ...todo,
      ref: `refs/heads/${branch}`,
      sha,
    });
  }
  return sha;
}
