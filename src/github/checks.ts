import { z } from 'zod';
import { partsOf, type Send } from './send.ts';

/** A check of a commit. `conclusion` is null while it goes on. */
export interface CheckRun {
  name: string;
  conclusion: string | null;
  /** What it says of itself, title first; empty when it says nothing. */
  report: string;
}

export interface Checks {
  /** The last check of each name for a commit, a hundred at most. */
  listCheckRuns(repository: string, sha: string): Promise<CheckRun[]>;
}

const checkOutput = z
  .object({ title: z.string().nullish(), summary: z.string().nullish(), text: z.string().nullish() })
  .transform(({ title, summary, text }) => [title, summary, text].filter(Boolean).join('\n\n'));

const checkRunSchema = z
  .object({ name: z.string(), conclusion: z.string().nullish(), output: checkOutput })
  .transform(
    ({ name, conclusion, output }): CheckRun => ({ name, conclusion: conclusion ?? null, report: output }),
  );

export const createChecks = (send: Send): Checks => ({
  async listCheckRuns(repository, sha) {
    const parameters = { ...partsOf(repository), ref: sha, per_page: 100 };
    const schema = z.object({ check_runs: z.array(checkRunSchema) });
    return (await send.json('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', schema, parameters)).data
      .check_runs;
  },
});
