import { type Core, fullName } from '../core.ts';
import { type FileChange, renderChange } from '../git/diff.ts';
import type { GitStore } from '../git/store.ts';
import type { RepositoryRecord } from '../types.ts';

/** GitHub shows no more files than this in a comparison, and three thousand in all pages of a pull request. */
export const comparedFiles = 300;

/** A changed file of a commit, a comparison or a pull request. */
export async function renderFile(
  core: Core,
  repository: RepositoryRecord,
  store: GitStore,
  headSha: string,
  change: FileChange,
) {
  const { patch, additions, deletions } = await renderChange(store, change);
  const path = change.path.split('/').map(encodeURIComponent).join('/');
  const web = `${core.url}/${fullName(repository)}`;
  return {
    sha: (change.after ?? change.before)?.oid ?? null,
    filename: change.path,
    status: change.status,
    additions,
    deletions,
    changes: additions + deletions,
    blob_url: `${web}/blob/${headSha}/${path}`,
    raw_url: `${web}/raw/${headSha}/${path}`,
    contents_url: `${core.apiUrl}/repos/${fullName(repository)}/contents/${path}?ref=${headSha}`,
    ...(patch === undefined ? {} : { patch }),
    ...(change.previousPath === undefined ? {} : { previous_filename: change.previousPath }),
  };
}
