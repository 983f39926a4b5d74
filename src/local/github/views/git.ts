import { type Core, fullName, toTimestamp } from '../core.ts';
import type { Commit, Ref, Signature } from '../git/store.ts';
import type { RepositoryRecord } from '../types.ts';
import { nodeId, renderUser } from './accounts.ts';

function renderSignature(signature: Signature) {
  return { name: signature.name, email: signature.email, date: toTimestamp(signature.seconds * 1000) };
}

const verification = {
  verified: false,
  reason: 'unsigned',
  signature: null,
  payload: null,
  verified_at: null,
};

/** The commit as the Git Data API shows it. */
export function renderGitCommit(core: Core, repository: RepositoryRecord, commit: Commit) {
  const git = `${core.apiUrl}/repos/${fullName(repository)}/git`;
  const html = `${core.url}/${fullName(repository)}/commit`;
  return {
    sha: commit.oid,
    node_id: nodeId('Commit', commit.oid),
    url: `${git}/commits/${commit.oid}`,
    html_url: `${html}/${commit.oid}`,
    author: renderSignature(commit.author),
    committer: renderSignature(commit.committer),
    tree: { sha: commit.tree, url: `${git}/trees/${commit.tree}` },
    message: commit.message,
    parents: commit.parents.map((sha) => ({ sha, url: `${git}/commits/${sha}`, html_url: `${html}/${sha}` })),
    verification,
  };
}

/** The commit as lists, comparisons and branches show it. */
export function renderCommit(core: Core, repository: RepositoryRecord, commit: Commit) {
  const api = `${core.apiUrl}/repos/${fullName(repository)}`;
  const html = `${core.url}/${fullName(repository)}/commit`;
  const { author, committer, message, tree } = renderGitCommit(core, repository, commit);
  const account = (signature: Signature) => {
    const user = core.state.data.users.find(({ email }) => email !== null && email === signature.email);
    return user ? renderUser(core, user) : null;
  };
  return {
    sha: commit.oid,
    node_id: nodeId('Commit', commit.oid),
    commit: {
      author,
      committer,
      message,
      tree,
      url: `${api}/git/commits/${commit.oid}`,
      comment_count: 0,
      verification,
    },
    url: `${api}/commits/${commit.oid}`,
    html_url: `${html}/${commit.oid}`,
    comments_url: `${api}/commits/${commit.oid}/comments`,
    author: account(commit.author),
    committer: account(commit.committer),
    parents: commit.parents.map((sha) => ({ sha, url: `${api}/commits/${sha}`, html_url: `${html}/${sha}` })),
  };
}

export function renderRef(core: Core, repository: RepositoryRecord, { ref, oid }: Ref, type: string) {
  const git = `${core.apiUrl}/repos/${fullName(repository)}/git`;
  return {
    ref,
    node_id: nodeId('Ref', `${repository.id}:${ref}`),
    url: `${git}/${ref}`,
    object: { sha: oid, type, url: `${git}/${type}s/${oid}` },
  };
}

/** Base64 as GitHub sends it: a line break after every sixty characters, and at the end. */
export function wrappedBase64(content: Uint8Array): string {
  return Buffer.from(content)
    .toString('base64')
    .replace(/.{1,60}/g, '$&\n');
}
