import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, type ApiContext, requirePush } from '../api/context.ts';
import { notFound, unprocessable } from '../api/errors.ts';
import { changeOf, commitBody, decodeBase64, personOf, refuseEmpty, treeBody } from '../api/git-input.ts';
import { type Core, fullName } from '../core.ts';
import { resolveCommit } from '../git/resolve.ts';
import { typeOfMode } from '../git/store.ts';
import { editTree, listTree, MissingPathError, type TreeChange } from '../git/tree.ts';
import { signatureOf } from '../merging.ts';
import { nodeId } from '../views/accounts.ts';
import { renderGitCommit, wrappedBase64 } from '../views/git.ts';

/** GitHub cuts recursive listings off here. */
const entriesListed = 100_000;

/** The Git Data API: blobs, trees and commits. */
export function registerGitObjects(api: Api, core: Core): void {
  api.post('/repos/:owner/:repo/git/blobs', async (c) => {
    requirePush(core, c);
    await refuseEmpty(c.var.store);
    const schema = z.object({ content: z.string(), encoding: z.enum(['utf-8', 'base64']).default('utf-8') });
    const { content, encoding } = await readBody(c, schema);
    const bytes = encoding === 'utf-8' ? Buffer.from(content) : decodeBase64(content);
    if (!bytes) throw unprocessable('Blob content is not valid Base64');
    const sha = await c.var.store.writeBlob(bytes);
    return c.json({ sha, url: gitUrl(core, c, `blobs/${sha}`) }, 201);
  });

  api.get('/repos/:owner/:repo/git/blobs/:sha', async (c) => {
    const sha = c.req.param('sha');
    const found = await c.var.store.read(sha);
    if (found?.type !== 'blob') throw notFound();
    if (/application\/vnd\.github(\.v3)?\.raw/.test(c.req.header('accept') ?? '')) {
      return c.body(Buffer.from(found.content), 200, { 'Content-Type': 'application/vnd.github.raw' });
    }
    return c.json({
      sha,
      node_id: nodeId('Blob', sha),
      size: found.content.length,
      url: gitUrl(core, c, `blobs/${sha}`),
      content: wrappedBase64(found.content),
      encoding: 'base64',
    });
  });

  api.post('/repos/:owner/:repo/git/trees', async (c) => {
    requirePush(core, c);
    const { store } = c.var;
    await refuseEmpty(store);
    const body = await readBody(c, treeBody);
    const base = body.base_tree;
    if (base !== undefined && (await store.readTree(base)) === undefined) {
      throw unprocessable('base_tree is not a valid tree oid');
    }
    const changes: TreeChange[] = [];
    for (const entry of body.tree) changes.push(await changeOf(store, entry));
    try {
      const sha = await editTree(store, base, changes);
      return c.json(await renderTree(core, c, sha, false), 201);
    } catch (error) {
      if (error instanceof MissingPathError) throw unprocessable('GitRPC::BadObjectState');
      throw error;
    }
  });

  api.get('/repos/:owner/:repo/git/trees/:sha{.+}', async (c) => {
    const { store } = c.var;
    await refuseEmpty(store);
    const name = c.req.param('sha');
    const direct = await store.readTree(name);
    const commit = direct ? undefined : await resolveCommit(store, name);
    const tree = direct ? name : commit && (await store.readCommit(commit))?.tree;
    if (tree === undefined) throw notFound();
    // Any value means yes, even "0" and "false".
    const recursive = c.req.query('recursive') !== undefined;
    return c.json(await renderTree(core, c, tree, recursive));
  });

  api.post('/repos/:owner/:repo/git/commits', async (c) => {
    const { user } = requirePush(core, c);
    const { repository, store } = c.var;
    await refuseEmpty(store);
    const body = await readBody(c, commitBody);
    if ((await store.readTree(body.tree)) === undefined) throw unprocessable('Tree SHA does not exist');
    for (const parent of body.parents) {
      if ((await store.readCommit(parent)) === undefined) {
        throw unprocessable('Parent SHA does not exist or is not a commit object');
      }
    }
    const author = body.author ? personOf(body.author, core.nowMs()) : signatureOf(user, core.nowMs());
    const committer = body.committer ? personOf(body.committer, core.nowMs()) : author;
    const { tree, parents, message } = body;
    const oid = await store.writeCommit({ tree, parents, author, committer, message });
    return c.json(renderGitCommit(core, repository, { oid, tree, parents, author, committer, message }), 201);
  });

  api.get('/repos/:owner/:repo/git/commits/:sha', async (c) => {
    const commit = await c.var.store.readCommit(c.req.param('sha'));
    if (!commit) throw notFound();
    return c.json(renderGitCommit(core, c.var.repository, commit));
  });
}

async function renderTree(core: Core, c: ApiContext, sha: string, recursive: boolean) {
  const { store } = c.var;
  const all = await listTree(store, sha);
  const entries = recursive ? all : all.filter(({ path }) => !path.includes('/'));
  const tree = entries.slice(0, entriesListed).map(async ({ path, mode, oid }) => {
    const type = typeOfMode(mode);
    const size = type === 'blob' ? { size: (await store.read(oid))?.content.length ?? 0 } : {};
    const url = type === 'commit' ? {} : { url: gitUrl(core, c, `${type}s/${oid}`) };
    return { path, mode, type, sha: oid, ...size, ...url };
  });
  return {
    sha,
    url: gitUrl(core, c, `trees/${sha}`),
    tree: await Promise.all(tree),
    truncated: entries.length > entriesListed,
  };
}

function gitUrl(core: Core, c: ApiContext, path: string): string {
  return `${core.apiUrl}/repos/${fullName(c.var.repository)}/git/${path}`;
}
