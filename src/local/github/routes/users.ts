import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, isMember, mayRead, requireViewer, type Viewer } from '../api/context.ts';
import { ApiError, notFound, validationFailed } from '../api/errors.ts';
import { paginate } from '../api/pagination.ts';
import { type Core, findRepository, findUser } from '../core.ts';
import { createRepository } from '../repositories.ts';
import type { RepositoryRecord, UserRecord } from '../types.ts';
import { renderProfile, renderRepository, renderUser } from '../views/accounts.ts';

const repositoryBody = z.object({
  name: z.string(),
  description: z.string().nullish(),
  private: z.boolean().default(false),
  auto_init: z.boolean().default(false),
});

/** Accounts, and the repositories they own or reach. */
export function registerUsers(api: Api, core: Core): void {
  api.get('/user', (c) => {
    const { user } = requireViewer(c);
    return c.json(renderProfile(core, user));
  });

  api.get('/user/emails', (c) => {
    const { user, scopes } = requireViewer(c);
    if (!scopes.includes('user:email') && !scopes.includes('user')) throw notFound();
    const emails = user.email === null ? [] : [user.email];
    return c.json(emails.map((email) => ({ email, primary: true, verified: true, visibility: 'public' })));
  });

  api.get('/user/orgs', (c) => {
    const { user } = requireViewer(c);
    const organizations = core.state.data.users.filter(({ members }) => members.includes(user.login));
    return c.json(paginate(core, c, organizations).map((organization) => renderUser(core, organization)));
  });

  api.get('/user/repos', (c) => {
    const viewer = requireViewer(c);
    const visibility = c.req.query('visibility') ?? c.req.query('type') ?? 'all';
    const repositories = core.state.data.repositories
      .filter((repository) => isMember(core, viewer.user, repository) && mayRead(core, viewer, repository))
      .filter((repository) => isVisibleAs(repository, visibility))
      .filter((repository) => hasAffiliation(viewer, repository, c.req.query('affiliation')));
    const sorted = sortRepositories(
      repositories,
      c.req.query('sort') ?? 'full_name',
      c.req.query('direction'),
    );
    return c.json(paginate(core, c, sorted).map((repository) => renderRepository(core, repository, viewer)));
  });

  api.post('/user/repos', async (c) => {
    const viewer = requireViewer(c);
    const body = await readBody(c, repositoryBody);
    return c.json(await create(viewer, viewer.user, body), 201);
  });

  api.post('/orgs/:org/repos', async (c) => {
    const viewer = requireViewer(c);
    const organization = findUser(core, c.req.param('org'));
    if (organization?.type !== 'Organization') throw notFound();
    if (!organization.members.includes(viewer.user.login)) {
      throw new ApiError(403, 'You need admin access to the organization before adding a repository to it.');
    }
    const body = await readBody(c, repositoryBody);
    return c.json(await create(viewer, organization, body), 201);
  });

  api.get('/users/:login', (c) => {
    const user = findUser(core, c.req.param('login'));
    if (!user) throw notFound();
    return c.json(renderProfile(core, user));
  });

  api.get('/users/:login/repos', (c) => {
    const user = findUser(core, c.req.param('login'));
    if (!user) throw notFound();
    const repositories = core.state.data.repositories.filter(
      (repository) => repository.owner === user.login && !repository.private,
    );
    const sorted = sortRepositories(
      repositories,
      c.req.query('sort') ?? 'full_name',
      c.req.query('direction'),
    );
    return c.json(
      paginate(core, c, sorted).map((repository) => renderRepository(core, repository, c.var.viewer)),
    );
  });

  const create = async (viewer: Viewer, owner: UserRecord, body: z.infer<typeof repositoryBody>) => {
    const scope = body.private ? ['repo'] : ['repo', 'public_repo'];
    if (!scope.some((name) => viewer.scopes.includes(name))) throw notFound();
    const invalid = { resource: 'Repository', field: 'name' };
    if (body.name === '') throw validationFailed({ ...invalid, code: 'missing_field' });
    // GitHub replaces what a name may not contain instead of refusing it.
    const name = body.name.replace(/[^\w.-]+/g, '-').slice(0, 100);
    const repository = await core.lock('repositories', async () => {
      if (findRepository(core, owner.login, name)) {
        const message = 'name already exists on this account';
        throw new ApiError(422, 'Repository creation failed.', [{ ...invalid, code: 'custom', message }]);
      }
      return createRepository(core, {
        owner: owner.login,
        name,
        private: body.private,
        description: body.description ?? null,
        files: body.auto_init
          ? [{ path: 'README.md', content: Buffer.from(`# ${name}\n`), mode: '100644' }]
          : [],
        author: viewer.user,
      });
    });
    return renderRepository(core, repository, viewer);
  };
}

function isVisibleAs(repository: RepositoryRecord, visibility: string): boolean {
  if (visibility === 'private') return repository.private;
  return visibility === 'public' ? !repository.private : true;
}

function hasAffiliation(
  viewer: Viewer,
  repository: RepositoryRecord,
  affiliation: string | undefined,
): boolean {
  const wanted = (affiliation ?? 'owner,collaborator,organization_member').split(',');
  return wanted.includes(repository.owner === viewer.user.login ? 'owner' : 'organization_member');
}

function sortRepositories(
  repositories: RepositoryRecord[],
  sort: string,
  direction: string | undefined,
): RepositoryRecord[] {
  const keyOf = (repository: RepositoryRecord) => {
    if (sort === 'created') return repository.createdAt;
    if (sort === 'updated') return repository.updatedAt;
    return sort === 'pushed' ? repository.pushedAt : `${repository.owner}/${repository.name}`.toLowerCase();
  };
  const sign = (direction ?? (sort === 'full_name' ? 'asc' : 'desc')) === 'desc' ? -1 : 1;
  return repositories.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -sign : keyOf(a) > keyOf(b) ? sign : 0));
}
