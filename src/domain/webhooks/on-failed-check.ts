import type { CheckRun } from '../../github/checks.ts';
import type { GitHubClient } from '../../github/client.ts';
import {
  findAgentOfBranch,
  findThreadOfAgent,
  MOST_REPAIRS,
  type Thread,
} from '../../store/github-threads.ts';
import type { Context } from '../context.ts';
import { asGithubUser } from '../github-access.ts';
import { linkPull } from './link-pull.ts';
import { type Incoming, type IncomingOf, ignored, type Outcome } from './outcome.ts';
import { repairMessage } from './prompts.ts';
import { sayInThread } from './say-in-thread.ts';

const FAILED: readonly string[] = ['failure', 'timed_out', 'startup_failure'];

/**
 * A check that failed at the head of an agent's pull request is the agent's to mend, three times at most. All that fails at one commit
 * is one failure, however many events tell of it.
 */
export async function onFailedCheck(
  context: Context,
  { delivery: { number: _, ...about }, ...incoming }: IncomingOf<'checkFailed'>,
): Promise<Outcome> {
  const { db } = context;
  const { trigger, repository } = incoming;
  const { sha, branch, pullNumber } = incoming.about;
  if (!trigger.failedCheck) return ignored('notAsked');
  const { organisationId } = trigger;
  const agentId = await findAgentOfBranch(db, { organisationId, repository, branch });
  if (agentId === null) return ignored('noAgent');
  const number = (await findThreadOfAgent(db, trigger.id, agentId))?.pullNumber ?? pullNumber;
  if (number === null) return ignored('noAgent');
  const delivery = { ...about, number };
  const seen = await asGithubUser(context, trigger.userId, (github) =>
    lookAt(github, repository, number, sha),
  );
  if ('kind' in seen) return seen;
  const thread = await linkPull(context, incoming, { number, branch: seen.branch });
  if (thread === null) return ignored('noAgent');
  const { checks, tree } = seen;
  const failure = { sha, tree, report: await reportOf(checks) };
  const refusal = refuse(thread, failure);
  if (refusal) return refusal;
  const attempt = thread.repairs + 1;
  const text = repairMessage({ number, sha, attempt, most: MOST_REPAIRS, checks });
  return sayInThread(context, { ...incoming, delivery } satisfies Incoming, { thread, text, failure });
}

/** The head of the pull request, if that is what failed, and all that fails there now. */
async function lookAt(github: GitHubClient, repository: string, number: number, sha: string) {
  const pull = await github.getPull(repository, number);
  if (!pull.isOpen) return ignored('notOpen');
  if (pull.headSha !== sha) return ignored('outOfDate');
  const [commit, all] = await Promise.all([
    github.getCommit(repository, sha),
    github.listCheckRuns(repository, sha),
  ]);
  const checks = all.filter(({ conclusion }) => conclusion !== null && FAILED.includes(conclusion));
  if (checks.length === 0) return ignored('outOfDate');
  return { branch: pull.branch, tree: commit.treeSha, checks };
}

/** What the thread's row decides again when the message is sent. */
function refuse(
  thread: Thread,
  failure: { sha: string; tree: string; report: string | null },
): Outcome | null {
  if (thread.state === 'closed') return ignored('notOpen');
  const isSame =
    thread.repairedSha === failure.sha ||
    thread.repairedTree === failure.tree ||
    (failure.report !== null && thread.repairedReport === failure.report);
  if (isSame) return ignored('nothingChanged');
  return thread.repairs >= MOST_REPAIRS ? ignored('triesSpent') : null;
}

/** What the checks say, as a hash; null when they say nothing but that they failed, which is no reason to give up. */
async function reportOf(checks: readonly CheckRun[]): Promise<string | null> {
  const said = checks.filter(({ report }) => report !== '').map(({ name, report }) => `${name}\n${report}`);
  if (said.length === 0) return null;
  const digest = await crypto.subtle.digest(
    'SHA-256',
    new TextEncoder().encode(said.toSorted().join('\n\n')),
  );
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
