import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, requirePush } from '../api/context.ts';
import { notFound, unprocessable, validationFailed } from '../api/errors.ts';
import { refuseEmpty } from '../api/git-input.ts';
import { paginate } from '../api/pagination.ts';
import { type Core, fullName } from '../core.ts';
import { isAncestor } from '../git/history.ts';
import { isRefName } from '../git/resolve.ts';
import type { GitStore } from '../git/store.ts';
import { moveRef } from '../refs.ts';
import { renderRef } from '../views/git.ts';

/** Refs: the only part of the Git Data API where parallel requests can meet, so every write holds the repository's lock. */
export function registerGitRefs(api: Api, core: Core): void {
  api.get('/repos/:owner/:repo/git/ref/:ref{.+}', async (c) => {
    const { repository, store } = c.var;
    await refuseEmpty(store);
    const ref = `refs/${c.req.param('ref')}`;
    const oid = isRefName(ref) ? await store.resolveRef(ref) : undefined;
    if (oid === undefined) throw notFound();
    return c.json(renderRef(core, repository, { ref, oid }, await typeOf(store, oid)));
  });

  api.get('/repos/:owner/:repo/git/matching-refs/:ref{.+}', async (c) => {
    const { repository, store } = c.var;
    await refuseEmpty(store);
    const refs = paginate(core, c, await store.listRefs(`refs/${c.req.param('ref')}`));
    return c.json(
      await Promise.all(
        refs.map(async (ref) => renderRef(core, repository, ref, await typeOf(store, ref.oid))),
      ),
    );
  });

  api.post('/repos/:owner/:repo/git/refs', async (c) => {
    const { user } = requirePush(core, c);
    const { repository, store } = c.var;
    await refuseEmpty(store);
    const { ref, sha } = await readBody(c, z.object({ ref: z.string(), sha: z.string() }));
    if (!ref.startsWith('refs/')) {
      throw unprocessable("Reference name must start with 'refs/'.");
    }
    if (ref.split('/').length < 3) {
      throw unprocessable('Reference name must contain at least three slash-separated components.');
    }
    if (!isRefName(ref) || ref.startsWith('refs/pull/')) {
      throw validationFailed({
        resource: 'Reference',
        field: 'ref',
        code: 'invalid',
        message: `${ref} is not a valid ref name.`,
      });
    }
    return core.lock(fullName(repository), async () => {
      await requireObject(store, ref, sha);
      if ((await store.resolveRef(ref)) !== undefined) throw unprocessable('Reference already exists');
      if (await isInTheWay(store, ref)) throw unprocessable('Reference update failed');
      await moveRef(core, repository, { ref, before: undefined, after: sha }, user.login);
      return c.json(renderRef(core, repository, { ref, oid: sha }, await typeOf(store, sha)), 201);
    });
  });

  api.patch('/repos/:owner/:repo/git/refs/:ref{.+}', async (c) => {
    const { user } = requirePush(core, c);
    const { repository, store } = c.var;
    const { sha, force } = await readBody(
      c,
      z.object({ sha: z.string(), force: z.boolean().default(false) }),
    );
    const ref = `refs/${c.req.param('ref')}`;
    return core.lock(fullName(repository), async () => {
      const before = await existing(store, ref);
      await requireObject(store, ref, sha);
      if (!force && !(await canFastForward(store, before, sha))) {
        throw unprocessable('Update is not a fast forward');
      }
      if (before !== sha) await moveRef(core, repository, { ref, before, after: sha }, user.login);
      return c.json(renderRef(core, repository, { ref, oid: sha }, await typeOf(store, sha)));
    });
  });

  api.delete('/repos/:owner/:repo/git/refs/:ref{.+}', async (c) => {
    const { user } = requirePush(core, c);
    const { repository, store } = c.var;
    const ref = `refs/${c.req.param('ref')}`;
    return core.lock(fullName(repository), async () => {
      const before = await existing(store, ref);
      if (ref === `refs/heads/${repository.defaultBranch}`) {
        throw unprocessable('Cannot delete the default branch');
      }
      await moveRef(core, repository, { ref, before, after: undefined }, user.login);
      return c.body(null, 204);
    });
  });
}

/** Pull request refs are GitHub's own and cannot be written. */
async function existing(store: GitStore, ref: string): Promise<string> {
  const writable = isRefName(ref) && !ref.startsWith('refs/pull/');
  const oid = writable ? await store.resolveRef(ref) : undefined;
  if (oid === undefined) throw unprocessable('Reference does not exist');
  return oid;
}

async function requireObject(store: GitStore, ref: string, sha: string): Promise<void> {
  const found = await store.read(sha);
  if (!found) throw unprocessable('Object does not exist');
  if (ref.startsWith('refs/heads/') && found.type !== 'commit')
    throw unprocessable('Reference update failed');
}

/** Git keeps refs like files: `a` and `a/b` cannot both exist. */
async function isInTheWay(store: GitStore, ref: string): Promise<boolean> {
  if ((await store.listRefs(`${ref}/`)).length > 0) return true;
  const parts = ref.split('/');
  for (let depth = 3; depth < parts.length; depth += 1) {
    if ((await store.resolveRef(parts.slice(0, depth).join('/'))) !== undefined) return true;
  }
  return false;
}

async function canFastForward(store: GitStore, before: string, after: string): Promise<boolean> {
  if ((await store.readCommit(before)) === undefined || (await store.readCommit(after)) === undefined)
    return false;
  return isAncestor(store, before, after);
}

async function typeOf(store: GitStore, oid: string): Promise<string> {
  return (await store.read(oid))?.type ?? 'commit';
}
