import { type RunChanges, readChanges } from '../../store/run-reads.ts';
import { diffOverlay } from '../../workspace/diff.ts';
import { openWorkspace } from '../../workspace/open.ts';
import type { Context } from '../context.ts';
import { asGithubUser } from '../github-access.ts';
import { unknownRun } from './get-run.ts';

/**
 * What a run changed, as a unified diff: its commits as one difference, then the edits that nobody has committed yet. Each
 * part applies on top of the one before.
 *
 * @throws {AppError} notFound (also when the repository is gone), githubAccessLost, githubForbidden or githubUnavailable
 */
export async function diffRun(
  context: Context,
  { organisationId, runId, signal }: { organisationId: string; runId: string; signal: AbortSignal },
): Promise<string> {
  const changes = await readChanges(context.db, organisationId, runId);
  if (changes === null) throw unknownRun();
  const { userId, repository, startSha, lastSha, files } = changes;
  if (repository === null) return diffFiles(changes, null, signal);
  if (lastSha === null && files.length === 0) return '';
  return asGithubUser(context, userId, async (client) => {
    const github = client.withSignal(signal);
    const committed = startSha && lastSha ? github.compareDiff(repository, startSha, lastSha) : '';
    const parts = await Promise.all([committed, diffFiles(changes, github, signal)]);
    return parts.join('');
  });
}

async function diffFiles(
  changes: RunChanges,
  github: Parameters<typeof openWorkspace>[1],
  signal: AbortSignal,
): Promise<string> {
  if (changes.files.length === 0) return '';
  const { overlay, base } = openWorkspace(changes, github, signal);
  return diffOverlay(overlay, base);
}
