import { type Api, requirePush } from '../api/context.ts';
import { ApiError } from '../api/errors.ts';
import { paginate } from '../api/pagination.ts';
import { type Core, findRepository, fullName, takeId, timestamp } from '../core.ts';
import { isPull } from '../pulls.ts';
import type { CheckRunRecord, RepositoryRecord } from '../types.ts';

/** A check that has ended. */
export interface CheckReport {
  name: string;
  headSha: string;
  conclusion: CheckRunRecord['conclusion'];
  output?: Partial<CheckRunRecord['output']>;
}

/** Checks of commits. Only apps report them, never users. */
export function registerChecks(api: Api, core: Core): void {
  api.post('/repos/:owner/:repo/check-runs', (c) => {
    requirePush(core, c);
    throw new ApiError(403, 'You must authenticate via a GitHub App.');
  });

  api.get('/repos/:owner/:repo/commits/:ref/check-runs', (c) => {
    const { repository } = c.var;
    const all = (repository.checkRuns ?? []).filter(({ headSha }) => headSha === c.req.param('ref'));
    // `filter=latest`, which is the default: of each name the last one.
    const shown =
      c.req.query('filter') === 'all'
        ? all
        : all.filter((run, at) => !all.slice(at + 1).some(({ name }) => name === run.name));
    const page = paginate(core, c, shown.toReversed());
    return c.json({
      total_count: shown.length,
      check_runs: page.map((run) => renderCheckRun(core, repository, run)),
    });
  });
}

/** Keeps the check and tells the hooks of it, as of a suite that has no other. */
export function reportCheck(core: Core, name: string, { output, ...report }: CheckReport): void {
  const [owner = '', repo = ''] = name.split('/');
  const repository = findRepository(core, owner, repo);
  if (!repository) throw new Error(`no repository ${name}`);
  const pull = repository.issues.filter(isPull).find(({ pull }) => pull.headSha === report.headSha);
  const run: CheckRunRecord = {
    ...report,
    id: takeId(core),
    headBranch: pull?.pull.head ?? repository.defaultBranch,
    output: { title: null, summary: null, text: null, ...output },
    completedAt: timestamp(core),
  };
  repository.checkRuns = [...(repository.checkRuns ?? []), run];
  const action = 'completed';
  core.webhooks.emit(repository, 'check_run', repository.owner, {
    action,
    check_run: renderCheckRun(core, repository, run),
  });
  core.webhooks.emit(repository, 'check_suite', repository.owner, {
    action,
    check_suite: renderSuite(core, repository, run),
  });
}

function renderCheckRun(core: Core, repository: RepositoryRecord, run: CheckRunRecord) {
  return {
    id: run.id,
    name: run.name,
    head_sha: run.headSha,
    status: 'completed',
    conclusion: run.conclusion,
    completed_at: run.completedAt,
    output: { ...run.output, annotations_count: 0 },
    html_url: `${core.url}/${fullName(repository)}/runs/${run.id}`,
    check_suite: { id: run.id, head_branch: run.headBranch, head_sha: run.headSha },
    pull_requests: pullsOf(core, repository, run),
  };
}

function renderSuite(core: Core, repository: RepositoryRecord, run: CheckRunRecord) {
  return {
    id: run.id,
    head_branch: run.headBranch,
    head_sha: run.headSha,
    status: 'completed',
    conclusion: run.conclusion,
    pull_requests: pullsOf(core, repository, run),
  };
}

const pullsOf = (core: Core, repository: RepositoryRecord, { headSha }: CheckRunRecord) =>
  repository.issues
    .filter(isPull)
    .filter(({ state, pull }) => state === 'open' && pull.headSha === headSha)
    .map(({ number, pull }) => ({
      number,
      url: `${core.apiUrl}/repos/${fullName(repository)}/pulls/${number}`,
      head: { ref: pull.head, sha: pull.headSha },
      base: { ref: pull.base, sha: pull.baseSha },
    }));
