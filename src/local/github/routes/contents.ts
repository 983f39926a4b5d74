import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, type ApiContext, requirePush } from '../api/context.ts';
import { ApiError, notFound, unprocessable } from '../api/errors.ts';
import { decodeBase64, personOf } from '../api/git-input.ts';
import { type Core, fullName } from '../core.ts';
import { resolveCommit } from '../git/resolve.ts';
import { typeOfMode } from '../git/store.ts';
import { editTree, entryAt, type PathEntry, type TreeChange } from '../git/tree.ts';
import { signatureOf } from '../merging.ts';
import { moveRef } from '../refs.ts';
import { renderGitCommit, wrappedBase64 } from '../views/git.ts';

/** Larger files come without content unless asked for raw. */
const inlineBytes = 1024 * 1024;
const entriesListed = 1000;

const person = z.object({ name: z.string(), email: z.string(), date: z.string().optional() });
const writeBody = z.object({
  message: z.string(),
  branch: z.string().optional(),
  sha: z.string().optional(),
  author: person.optional(),
  committer: person.optional(),
});

/** Files by path: reading, and commits of a single file. */
export function registerContents(api: Api, core: Core): void {
  for (const path of ['/repos/:owner/:repo/contents', '/repos/:owner/:repo/contents/'] as const) {
    api.get(path, (c) => read(core, c, ''));
  }
  api.get('/repos/:owner/:repo/contents/:path{.+}', (c) => read(core, c, trim(c.req.param('path'))));
  api.get('/repos/:owner/:repo/readme', (c) => read(core, c, 'README.md'));

  api.put('/repos/:owner/:repo/contents/:path{.+}', async (c) => {
    requirePush(core, c);
    const body = await readBody(c, writeBody.extend({ content: z.string() }));
    const content = decodeBase64(body.content);
    if (!content) throw unprocessable('content is not valid Base64');
    const path = trim(c.req.param('path'));
    return write(core, c, path, body, async (existing) => {
      if (existing && body.sha === undefined)
        throw unprocessable('Invalid request.\n\n"sha" wasn\'t supplied.');
      const mode = existing?.mode ?? '100644';
      return { path, entry: { mode, oid: await c.var.store.writeBlob(content) } };
    });
  });

  api.delete('/repos/:owner/:repo/contents/:path{.+}', async (c) => {
    requirePush(core, c);
    const body = await readBody(c, writeBody.extend({ sha: z.string() }));
    const path = trim(c.req.param('path'));
    return write(core, c, path, body, async (existing) => {
      if (!existing) throw notFound();
      return { path, entry: null };
    });
  });
}

async function read(core: Core, c: ApiContext, path: string): Promise<Response> {
  const { repository, store } = c.var;
  const ref = c.req.query('ref');
  const commit = await resolveCommit(store, ref ?? repository.defaultBranch);
  if (commit === undefined) {
    if (ref !== undefined) throw new ApiError(404, `No commit found for the ref ${ref}`);
    throw new ApiError(404, 'This repository is empty.');
  }
  const root = (await store.readCommit(commit))?.tree ?? '';
  const entry = await entryAt(store, root, path);
  if (!entry) throw notFound();
  const accept = c.req.header('accept') ?? '';
  const shownRef = ref ?? repository.defaultBranch;
  if (entry.mode === '040000') {
    const children = ((await store.readTree(entry.oid)) ?? []).slice(0, entriesListed);
    const listed = await Promise.all(
      children.map(({ name, mode, oid }) =>
        describe(core, c, { path: path === '' ? name : `${path}/${name}`, mode, oid }, shownRef),
      ),
    );
    if (!accept.includes('.object')) return c.json(listed);
    return c.json({ ...(await describe(core, c, entry, shownRef)), entries: listed });
  }
  const content = typeOfMode(entry.mode) === 'blob' ? (await store.read(entry.oid))?.content : undefined;
  if (/application\/vnd\.github(\.v3)?\.raw/.test(accept) && content) {
    return c.body(Buffer.from(content), 200, { 'Content-Type': 'application/vnd.github.raw; charset=utf-8' });
  }
  const inline = content !== undefined && content.length <= inlineBytes;
  return c.json({
    ...(await describe(core, c, entry, shownRef)),
    content: inline ? wrappedBase64(content) : '',
    encoding: inline ? 'base64' : 'none',
    ...(entry.mode === '120000' && content ? { target: Buffer.from(content).toString('utf8') } : {}),
  });
}

/** Makes a commit of one change on a branch, under the repository's lock so that parallel writes build on each other. */
async function write(
  core: Core,
  c: ApiContext,
  path: string,
  body: z.infer<typeof writeBody>,
  changeOf: (existing: PathEntry | undefined) => Promise<TreeChange>,
): Promise<Response> {
  const { user } = requirePush(core, c);
  const { repository, store } = c.var;
  if (path.split('/').some((part) => ['', '.', '..', '.git'].includes(part))) {
    throw unprocessable('path contains a malformed path component');
  }
  return core.lock(fullName(repository), async () => {
    const branch = body.branch ?? repository.defaultBranch;
    const ref = `refs/heads/${branch}`;
    const tip = await store.resolveRef(ref);
    const isEmpty = (await store.listRefs('refs/heads/')).length === 0;
    if (tip === undefined && !isEmpty) throw new ApiError(404, `Branch ${branch} not found`);
    const base = tip === undefined ? undefined : await store.readCommit(tip);
    const existing = base && (await entryAt(store, base.tree, path));
    if (existing && body.sha !== undefined && body.sha !== existing.oid) {
      throw new ApiError(409, `${path} does not match ${body.sha}`);
    }
    const change = await changeOf(existing);
    const committer = body.committer
      ? personOf(body.committer, core.nowMs())
      : signatureOf(user, core.nowMs());
    const author = body.author ? personOf(body.author, core.nowMs()) : committer;
    const parents = tip === undefined ? [] : [tip];
    const { message } = body;
    const tree = await editTree(store, base?.tree, [change]);
    const oid = await store.writeCommit({ tree, parents, author, committer, message });
    await moveRef(core, repository, { ref, before: tip, after: oid }, user.login);
    const commit = renderGitCommit(core, repository, { oid, tree, parents, author, committer, message });
    const content = change.entry && (await describe(core, c, { path, ...change.entry }, branch));
    return c.json({ content, commit }, existing ? 200 : 201);
  });
}

async function describe(core: Core, c: ApiContext, entry: PathEntry, ref: string) {
  const { repository, store } = c.var;
  const { path, mode, oid } = entry;
  const types = { blob: mode === '120000' ? 'symlink' : 'file', tree: 'dir', commit: 'submodule' };
  const type = types[typeOfMode(mode)];
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const web = `${core.url}/${fullName(repository)}`;
  const api = `${core.apiUrl}/repos/${fullName(repository)}`;
  const url = `${api}/contents/${encoded}?ref=${encodeURIComponent(ref)}`;
  const html = `${web}/${type === 'dir' ? 'tree' : 'blob'}/${ref}/${encoded}`;
  const git = `${api}/git/${type === 'dir' ? 'trees' : 'blobs'}/${oid}`;
  const isFile = type === 'file' || type === 'symlink';
  return {
    type,
    name: path.slice(path.lastIndexOf('/') + 1),
    path,
    sha: oid,
    size: isFile ? ((await store.read(oid))?.content.length ?? 0) : 0,
    url,
    html_url: html,
    git_url: git,
    download_url: isFile ? `${web}/raw/${ref}/${encoded}` : null,
    _links: { self: url, git, html },
  };
}

function trim(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}
