import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, isMember, requirePush } from '../api/context.ts';
import { ApiError, notFound, validationFailed } from '../api/errors.ts';
import { paginate } from '../api/pagination.ts';
import { type Core, findUser, fullName, timestamp } from '../core.ts';
import type { Ref } from '../git/store.ts';
import type { RepositoryRecord } from '../types.ts';
import { renderRepository, renderUser } from '../views/accounts.ts';
import { renderCommit } from '../views/git.ts';

const heads = 'refs/heads/';

/** A repository and its branches. */
export function registerRepos(api: Api, core: Core): void {
  api.get('/repos/:owner/:repo', (c) => c.json(renderRepository(core, c.var.repository, c.var.viewer)));

  api.patch('/repos/:owner/:repo', async (c) => {
    const viewer = requirePush(core, c);
    const { repository, store } = c.var;
    const schema = z.object({
      description: z.string().nullish(),
      private: z.boolean().optional(),
      default_branch: z.string().optional(),
    });
    const body = await readBody(c, schema);
    const branch = body.default_branch;
    if (branch !== undefined && (await store.resolveRef(`${heads}${branch}`)) === undefined) {
      const message = `The branch ${branch} was not found. Please push that ref first or create it via the Git Data API.`;
      throw validationFailed({ resource: 'Repository', field: 'default_branch', code: 'invalid', message });
    }
    if (body.description !== undefined) repository.description = body.description;
    repository.private = body.private ?? repository.private;
    repository.defaultBranch = branch ?? repository.defaultBranch;
    repository.updatedAt = timestamp(core);
    return c.json(renderRepository(core, repository, viewer));
  });

  // Whoever may push may ask what others may do.
  api.get('/repos/:owner/:repo/collaborators/:login/permission', (c) => {
    requirePush(core, c);
    const { repository } = c.var;
    const user = findUser(core, c.req.param('login'));
    if (!user) throw notFound();
    const others = repository.private ? 'none' : 'read';
    const permission = isMember(core, user, repository) ? 'admin' : others;
    return c.json({ permission, role_name: permission, user: renderUser(core, user) });
  });

  api.get('/repos/:owner/:repo/branches', async (c) => {
    const refs = await c.var.store.listRefs(heads);
    const page = paginate(core, c, refs);
    return c.json(page.map((ref) => renderBranch(core, c.var.repository, ref)));
  });

  api.get('/repos/:owner/:repo/branches/:branch{.+}', async (c) => {
    const { repository, store } = c.var;
    const name = c.req.param('branch');
    const oid = await store.resolveRef(`${heads}${name}`);
    const commit = oid === undefined ? undefined : await store.readCommit(oid);
    if (!commit) throw new ApiError(404, 'Branch not found');
    const short = renderBranch(core, repository, { ref: `${heads}${name}`, oid: commit.oid });
    const self = `${core.apiUrl}/repos/${fullName(repository)}/branches/${name}`;
    return c.json({
      ...short,
      commit: renderCommit(core, repository, commit),
      _links: { self, html: `${core.url}/${fullName(repository)}/tree/${name}` },
      protection: {
        enabled: false,
        required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] },
      },
    });
  });

  api.get('/repos/:owner/:repo/tags', async (c) => {
    const { repository, store } = c.var;
    const api = `${core.apiUrl}/repos/${fullName(repository)}`;
    const tags = paginate(core, c, await store.listRefs('refs/tags/'));
    return c.json(
      tags.map(({ ref, oid }) => ({
        name: ref.slice('refs/tags/'.length),
        commit: { sha: oid, url: `${api}/commits/${oid}` },
      })),
    );
  });
}

function renderBranch(core: Core, repository: RepositoryRecord, { ref, oid }: Ref) {
  return {
    name: ref.slice(heads.length),
    commit: { sha: oid, url: `${core.apiUrl}/repos/${fullName(repository)}/commits/${oid}` },
    protected: false,
  };
}
