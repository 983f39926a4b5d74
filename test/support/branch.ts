import { z } from 'zod';
import type { LocalCloud } from '../../src/local/cloud.ts';

const compareSchema = z.object({
  total_commits: z.number(),
  commits: z.array(z.object({ commit: z.object({ message: z.string() }) })),
});
const pullsSchema = z.array(z.object({ number: z.number(), head: z.object({ ref: z.string() }) }));

/** What the local GitHub has of a branch of the sample repository: its commits past `main`, and the pull requests of it. */
export async function readBranch({ github }: LocalCloud, branch: string) {
  const repository = `${github.apiUrl}/repos/demo/todo-api`;
  const read = async (path: string): Promise<unknown> => (await fetch(repository + path)).json();
  const compared = compareSchema.parse(await read(`/compare/main...${encodeURIComponent(branch)}`));
  const pulls = pullsSchema.parse(await read('/pulls?state=all'));
  return {
    messages: compared.commits.map(({ commit }) => commit.message),
    pullRequests: pulls.filter(({ head }) => head.ref === branch).map(({ number }) => number),
  };
}
