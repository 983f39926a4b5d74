import { createHmac, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Hono } from 'hono';
import { packTar, type TarEntry } from 'modern-tar';
import type { Api, ApiContext } from '../api/context.ts';
import { notFound } from '../api/errors.ts';
import { type Core, findRepository, fullName } from '../core.ts';
import { resolveCommit } from '../git/resolve.ts';
import type { GitStore } from '../git/store.ts';
import { listTree } from '../git/tree.ts';

const compress = promisify(gzip);

/** How long the address of a private archive works. */
const linkLifetimeMs = 5 * 60_000;

/** Archives: the API redirects to another address that needs no token but, for private ones, carries a short-lived key. */
export function registerArchives(api: Api, web: Hono, core: Core): void {
  const key = randomBytes(32);
  const sign = (subject: string, expiresAtMs: number) =>
    `${expiresAtMs}.${createHmac('sha256', key).update(`${subject}:${expiresAtMs}`).digest('base64url')}`;
  const isSigned = (subject: string, token: string) => {
    const expiresAtMs = Number(token.split('.')[0]);
    return expiresAtMs > core.nowMs() && token === sign(subject, expiresAtMs);
  };

  const redirect = async (c: ApiContext, ref: string) => {
    const { repository, store } = c.var;
    const commit = await resolveCommit(store, ref);
    if (commit === undefined) throw notFound();
    const target = new URL(`${core.url}/_codeload/${fullName(repository)}/legacy.tar.gz/${commit}`);
    if (repository.private) {
      target.searchParams.set('token', sign(`${repository.id}/${commit}`, core.nowMs() + linkLifetimeMs));
    }
    return c.redirect(target.href, 302);
  };
  api.get('/repos/:owner/:repo/tarball', (c) => redirect(c, c.var.repository.defaultBranch));
  api.get('/repos/:owner/:repo/tarball/:ref{.+}', (c) => redirect(c, c.req.param('ref')));

  web.get('/_codeload/:owner/:repo/legacy.tar.gz/:commit{[0-9a-f]{40}}', async (c) => {
    const repository = findRepository(core, c.req.param('owner'), c.req.param('repo'));
    const oid = c.req.param('commit');
    if (!repository) return c.text('404: Not Found', 404);
    if (repository.private && !isSigned(`${repository.id}/${oid}`, c.req.query('token') ?? '')) {
      return c.text('404: Not Found', 404);
    }
    const store = core.storeOf(repository);
    const commit = await store.readCommit(oid);
    if (!commit) return c.text('404: Not Found', 404);
    const folder = `${repository.owner}-${repository.name}-${oid.slice(0, 7)}`;
    const mtime = new Date(commit.committer.seconds * 1000);
    const tar = await packTar(await entriesOf(store, commit.tree, folder, mtime));
    return c.body(await compress(tar), 200, {
      'Content-Type': 'application/x-gzip',
      'Content-Disposition': `attachment; filename=${folder}.tar.gz`,
    });
  });
}

async function entriesOf(store: GitStore, tree: string, folder: string, mtime: Date): Promise<TarEntry[]> {
  const entries: TarEntry[] = [
    { header: { name: `${folder}/`, type: 'directory', size: 0, mode: 0o755, mtime } },
  ];
  for (const { path, mode, oid } of await listTree(store, tree)) {
    const name = `${folder}/${path}`;
    if (mode === '040000' || mode === '160000') {
      entries.push({ header: { name: `${name}/`, type: 'directory', size: 0, mode: 0o755, mtime } });
      continue;
    }
    const body = (await store.read(oid))?.content ?? new Uint8Array();
    if (mode === '120000') {
      const linkname = Buffer.from(body).toString('utf8');
      entries.push({ header: { name, type: 'symlink', linkname, size: 0, mode: 0o777, mtime } });
      continue;
    }
    const permissions = mode === '100755' ? 0o755 : 0o644;
    const header = { name, type: 'file' as const, size: body.length, mode: permissions, mtime };
    entries.push({ header, body: new Uint8Array(body) });
  }
  return entries;
}
