import { z } from 'zod';
import { nextPageOf, type Page } from './repositories.ts';
import { partsOf, type Send } from './send.ts';

interface IssueComment {
  id: number;
  body: string;
  url: string;
}

/** An issue, or a pull request seen as one. */
interface Issue {
  number: number;
  title: string;
  body: string;
  isOpen: boolean;
  isPull: boolean;
  labels: string[];
}

/** Issues; to GitHub every pull request is one too, with the same number. */
export interface Issues {
  getIssue(repository: string, issue: number): Promise<Issue>;
  /** Adds labels, making those the repository lacks; what is there already stays. Gives all that the issue carries then. */
  addLabels(repository: string, issue: number, labels: readonly string[]): Promise<string[]>;
  createComment(repository: string, issue: number, body: string): Promise<IssueComment>;
  /** A page of the comments that were made or changed since a moment (RFC 3339), oldest first. */
  listComments(
    repository: string,
    issue: number,
    options: { since: string; page: number },
  ): Promise<Page<IssueComment>>;
}

const commentSchema = z
  .object({ id: z.number(), body: z.string().nullish(), html_url: z.string() })
  .transform(({ id, body, html_url }): IssueComment => ({ id, body: body ?? '', url: html_url }));

const issueSchema = z
  .object({
    number: z.number(),
    title: z.string(),
    body: z.string().nullish(),
    state: z.string(),
    pull_request: z.unknown().optional(),
    labels: z.array(z.union([z.string(), z.object({ name: z.string().nullish() })])),
  })
  .transform(
    ({ number, title, body, state, pull_request, labels }): Issue => ({
      number,
      title,
      body: body ?? '',
      isOpen: state === 'open',
      isPull: pull_request !== undefined && pull_request !== null,
      labels: labels.map((label) => (typeof label === 'string' ? label : (label.name ?? ''))),
    }),
  );

export function createIssues(send: Send): Issues {
  const path = '/repos/{owner}/{repo}/issues/{issue_number}';
  return {
    async getIssue(repository, issue) {
      const parameters = { ...partsOf(repository), issue_number: issue };
      return (await send.json(`GET ${path}`, issueSchema, parameters)).data;
    },

    async addLabels(repository, issue, labels) {
      const parameters = { ...partsOf(repository), issue_number: issue, labels };
      const schema = z.array(z.object({ name: z.string() }));
      const { data } = await send.json(`POST ${path}/labels`, schema, parameters);
      return data.map(({ name }) => name);
    },

    async createComment(repository, issue, body) {
      const parameters = { ...partsOf(repository), issue_number: issue, body };
      return (await send.json(`POST ${path}/comments`, commentSchema, parameters)).data;
    },

    async listComments(repository, issue, { since, page }) {
      const answer = await send.json(`GET ${path}/comments`, z.array(commentSchema), {
        ...partsOf(repository),
        issue_number: issue,
        since,
        page,
        per_page: 100,
      });
      return { items: answer.data, nextPage: nextPageOf(answer) };
    },
  };
}
