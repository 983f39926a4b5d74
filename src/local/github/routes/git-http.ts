import type { Context, Hono } from 'hono';
import { mayPush, mayRead } from '../api/context.ts';
import { authenticate } from '../api/credentials.ts';
import { type Core, findRepository, fullName, gitdirOf } from '../core.ts';
import { runHttpBackend } from '../git/http-backend.ts';
import { announceMove } from '../refs.ts';
import type { RepositoryRecord } from '../types.ts';

/** `git clone`, `git fetch` and `git push` over HTTP, with a token as password where one is needed. */
export function registerGitHttp(web: Hono, core: Core): void {
  const path = '/:owner/:file{[^/]+}/:service{info/refs|git-upload-pack|git-receive-pack}';

  web.on(['GET', 'POST'], path, async (c) => {
    const name = (c.req.param('file') ?? '').replace(/\.git$/, '');
    const service = c.req.param('service') ?? '';
    const asked = service === 'info/refs' ? c.req.query('service') : service;
    const found = authenticate(core, c.req.header('authorization'));
    if (found === 'refused') return challenge(c, 'Invalid username or token.');
    const viewer = found === 'anonymous' ? undefined : found;
    const repository = findRepository(core, c.req.param('owner') ?? '', name);
    if (!repository || !mayRead(core, viewer, repository)) {
      // Whoever does not say who they are is asked to, so that a missing repository looks like a private one.
      return viewer ? c.text('Repository not found.', 404) : challenge(c, 'Repository not found.');
    }
    if (asked !== 'git-receive-pack') return run(core, c, repository, service, undefined);
    if (!viewer) return challenge(c, 'No anonymous write access.');
    const { login } = viewer.user;
    if (!mayPush(core, viewer, repository)) {
      return c.text(`Permission to ${fullName(repository)}.git denied to ${login}.`, 403);
    }
    return core.lock(fullName(repository), () => push(core, c, repository, service, login));
  });
}

async function push(
  core: Core,
  c: Context,
  repository: RepositoryRecord,
  service: string,
  login: string,
): Promise<Response> {
  const read = async () => {
    const store = core.storeOf(repository);
    const refs = await Promise.all(['refs/heads/', 'refs/tags/'].map((prefix) => store.listRefs(prefix)));
    return new Map(refs.flat().map(({ ref, oid }) => [ref, oid]));
  };
  const before = await read();
  const response = await run(core, c, repository, service, login);
  // The program has moved the refs once its answer is complete.
  const answer = await response.arrayBuffer();
  const after = await read();
  for (const ref of new Set([...before.keys(), ...after.keys()])) {
    const move = { ref, before: before.get(ref), after: after.get(ref) };
    if (move.before !== move.after) await announceMove(core, repository, move, login);
  }
  await core.state.save();
  return new Response(answer, response);
}

async function run(
  core: Core,
  c: Context,
  repository: RepositoryRecord,
  service: string,
  login: string | undefined,
): Promise<Response> {
  const gitdir = gitdirOf(core.root, repository.owner, repository.name);
  return runHttpBackend({ gitdir, path: `/${service}`, request: c.req.raw, remoteUser: login });
}

function challenge(c: Context, message: string): Response {
  return c.text(message, 401, { 'WWW-Authenticate': 'Basic realm="GitHub"' });
}
