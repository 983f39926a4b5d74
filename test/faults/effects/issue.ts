import { z } from 'zod';
import type { Cloud } from '../../support/cloud.ts';
import { askGitHub } from '../repository.ts';
import { BRANCH, ISSUE } from './task.ts';

const commentsSchema = z.array(z.object({ id: z.number(), body: z.string() }));
const namesSchema = z.array(z.object({ name: z.string() }));
const refsSchema = z.array(z.object({ object: z.object({ sha: z.string() }) }));

/** What a run left on GitHub besides its own branch. */
export interface IssueState {
  comments: string[];
  labels: string[];
  /** Where branches of the name stand, and where `main` does. */
  branches: string[];
  main: string | undefined;
}

/** Opens the issue that the task is about, in a repository that has none. */
export async function seedIssue(cloud: Cloud, token: string): Promise<void> {
  const opened = await askGitHub(cloud, token, '/issues', { method: 'POST', body: { title: 'Order 7' } });
  const { number } = z.object({ number: z.number() }).parse(await opened.json());
  if (number !== ISSUE) throw new Error(`the issue has the number ${number}`);
}

export async function readIssue(cloud: Cloud, token: string): Promise<IssueState> {
  const read = async (path: string): Promise<unknown> => (await askGitHub(cloud, token, path)).json();
  const shasOf = async (branch: string) =>
    refsSchema.parse(await read(`/git/matching-refs/heads/${branch}`)).map(({ object }) => object.sha);
  const comments = commentsSchema.parse(await read(`/issues/${ISSUE}/comments?per_page=100`));
  const labels = namesSchema.parse(await read(`/issues/${ISSUE}/labels`));
  return {
    comments: comments.map(({ body }) => body),
    labels: labels.map(({ name }) => name),
    branches: await shasOf(BRANCH),
    main: (await shasOf('main'))[0],
  };
}

/** So that the next run finds the repository as this one did. */
export async function clearIssue(cloud: Cloud, token: string): Promise<void> {
  const drop = (path: string) => askGitHub(cloud, token, path, { method: 'DELETE' });
  const listed = await askGitHub(cloud, token, `/issues/${ISSUE}/comments?per_page=100`);
  for (const { id } of commentsSchema.parse(await listed.json())) await drop(`/issues/comments/${id}`);
  await drop(`/issues/${ISSUE}/labels`);
  await drop(`/git/refs/heads/${BRANCH}`);
}
