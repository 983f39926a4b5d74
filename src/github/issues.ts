import { z } from 'zod';
import { nextPageOf, type Page } from './repositories.ts';
import { partsOf, type Send } from './send.ts';

interface IssueComment {
  id: number;
  body: string;
  url: string;
}

/** Issues; to GitHub every pull request is one too, with the same number. */
export interface Issues {
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

export function createIssues(send: Send): Issues {
  const path = '/repos/{owner}/{repo}/issues/{issue_number}';
  return {
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
