import { type Core, fullName, timestamp, userOf } from './core.ts';
import { relate } from './git/history.ts';
import { type Commit, zeroOid } from './git/store.ts';
import { followRef } from './pulls.ts';
import type { RepositoryRecord } from './types.ts';

/** One move of a ref; undefined stands for "does not exist". */
export interface RefMove {
  ref: string;
  before: string | undefined;
  after: string | undefined;
}

/** GitHub lists this many commits of a push. */
const commitsOfPush = 2048;

/** Moves a ref and tells everyone. The caller holds the repository's lock and has checked that the move is allowed. */
export async function moveRef(
  core: Core,
  repository: RepositoryRecord,
  move: RefMove,
  actor: string,
): Promise<void> {
  const store = core.storeOf(repository);
  if (move.after === undefined) await store.deleteRef(move.ref);
  else await store.writeRef(move.ref, move.after);
  await announceMove(core, repository, move, actor);
}

/** What follows a move of a ref, be it by the API or by `git push`: webhooks, and pull requests that follow their branch. */
export async function announceMove(
  core: Core,
  repository: RepositoryRecord,
  move: RefMove,
  actor: string,
): Promise<void> {
  const { ref, before, after } = move;
  const [, kind, ...rest] = ref.split('/');
  if (kind !== 'heads' && kind !== 'tags') return;
  repository.pushedAt = timestamp(core);
  const refType = kind === 'heads' ? 'branch' : 'tag';
  if (before === undefined || after === undefined) {
    core.webhooks.emit(repository, after === undefined ? 'delete' : 'create', actor, {
      ref: rest.join('/'),
      ref_type: refType,
      master_branch: repository.defaultBranch,
      pusher_type: 'user',
    });
  }
  core.webhooks.emit(repository, 'push', actor, await pushPayload(core, repository, move, actor));
  if (kind === 'heads') await followRef(core, repository, rest.join('/'), move, actor);
}

async function pushPayload(core: Core, repository: RepositoryRecord, move: RefMove, actor: string) {
  const store = core.storeOf(repository);
  const { ref, before, after } = move;
  const pushed = async (): Promise<{ commits: Commit[]; forced: boolean }> => {
    if (after === undefined) return { commits: [], forced: false };
    const start = before ?? (await store.resolveRef(`refs/heads/${repository.defaultBranch}`));
    const isCommit = (await store.readCommit(after)) !== undefined;
    if (start === undefined || !isCommit) return { commits: [], forced: false };
    const { ahead, behind } = await relate(store, start, after);
    return {
      commits: ahead.toReversed().slice(-commitsOfPush),
      forced: before !== undefined && behind.length > 0,
    };
  };
  const { commits, forced } = await pushed();
  const head = after === undefined ? undefined : await store.readCommit(after);
  const web = `${core.url}/${fullName(repository)}`;
  const render = (commit: Commit) => ({
    id: commit.oid,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: new Date(commit.committer.seconds * 1000).toISOString(),
    url: `${web}/commit/${commit.oid}`,
    author: { name: commit.author.name, email: commit.author.email },
    committer: { name: commit.committer.name, email: commit.committer.email },
  });
  const user = userOf(core, actor);
  return {
    ref,
    before: before ?? zeroOid,
    after: after ?? zeroOid,
    created: before === undefined,
    deleted: after === undefined,
    forced,
    base_ref: null,
    compare: `${web}/compare/${(before ?? zeroOid).slice(0, 12)}...${(after ?? zeroOid).slice(0, 12)}`,
    commits: commits.map(render),
    head_commit: head ? render(head) : null,
    pusher: { name: user.login, email: user.email },
  };
}
