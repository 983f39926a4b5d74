import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createGitHub as createStandIn } from '../local/github/github.ts';
import { createGitHub, type GitHub, type GitHubClient } from './client.ts';
import type { Fetch } from './send.ts';

/** What a test may do to a request on its way: let it through, answer itself, throw, before or after it took effect. */
export type Interceptor = (request: Request, forward: () => Promise<Response>) => Promise<Response>;

export interface LocalGitHub {
  github: GitHub;
  /** Acts as the owner of the repository. */
  client: GitHubClient;
  repository: string;
  token: string;
  tokenOf(login: string): Promise<string>;
  /** Opens a page as a browser would, without following redirects. */
  visit(url: URL): Promise<Response>;
  /** "METHOD /path" of every request since the start, in order. */
  requests: string[];
  /** Stands between the client and GitHub until the next call. */
  intercept(interceptor: Interceptor): void;
  /** Commits files (null: deletes) on a branch as someone else would, and gives the new head. */
  push(branch: string, files: Record<string, string | null>): Promise<string>;
  close(): Promise<void>;
}

/**
 * For tests: the GitHub stand-in in process with one repository, `demo/sample`.
 *
 * @param options.executables and links (path to target) are set up beside the files
 */
export async function openLocalGitHub(
  files: Record<string, string | Uint8Array>,
  options: { executables?: string[]; links?: Record<string, string>; private?: boolean } = {},
): Promise<LocalGitHub> {
  const root = await mkdtemp(join(tmpdir(), 'cadence-github-'));
  const source = join(root, 'source');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), content);
  }
  for (const path of options.executables ?? []) await chmod(join(source, path), 0o755);
  for (const [path, target] of Object.entries(options.links ?? {})) await symlink(target, join(source, path));
  const clientId = 'local-client';
  const clientSecret = 'local-secret';
  const standIn = await createStandIn({ root: join(root, 'github'), clientId, clientSecret });
  const { fullName } = await standIn.addRepository({
    owner: 'demo',
    name: 'sample',
    private: options.private,
    fromDirectory: source,
  });

  const requests: string[] = [];
  let interceptor: Interceptor = (_request, forward) => forward();
  const fetch: Fetch = (request) => {
    requests.push(`${request.method} ${new URL(request.url).pathname.replace('/api/v3', '')}`);
    return interceptor(request, () => standIn.fetch(request));
  };
  const addresses = { apiUrl: standIn.apiUrl, webUrl: standIn.url, clientId, clientSecret };
  const github = createGitHub({ ...addresses, fetch });
  const token = await standIn.issueToken('demo');
  const others = createGitHub({ ...addresses, fetch: (request) => standIn.fetch(request) }).forToken(token);

  return {
    github,
    client: github.forToken(token),
    repository: fullName,
    token,
    tokenOf: (login) => standIn.issueToken(login),
    visit: (url) => standIn.fetch(new Request(url)),
    requests,
    intercept(next) {
      interceptor = next;
    },
    push: (branch, changes) => pushFiles(others, fullName, branch, changes),
    async close() {
      await standIn.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function pushFiles(
  client: GitHubClient,
  repository: string,
  branch: string,
  files: Record<string, string | null>,
): Promise<string> {
  const { sha: head } = await client.getBranch(repository, branch);
  const { treeSha } = await client.getCommit(repository, head);
  const changes = Object.entries(files).map(([path, content]) => ({
    path,
    content,
    mode: '100644' as const,
  }));
  const tree = await client.createTree(repository, { baseTree: treeSha, changes });
  const author = { name: 'Somebody', email: 'somebody@example.com', date: '2026-11-01T08:00:00Z' };
  const commit = { message: 'Change it', tree: tree.sha, parents: [head], author, committer: author };
  const { sha } = await client.createCommit(repository, commit);
  await client.updateRef(repository, branch, sha);
  return sha;
}
