import { type Core, fullName, userOf } from '../core.ts';
import type { CommentRecord, IssueRecord, LabelRecord, PullIssue, RepositoryRecord } from '../types.ts';
import { nodeId, renderRepository, renderUser } from './accounts.ts';

export function renderLabel(core: Core, repository: RepositoryRecord, label: LabelRecord) {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: `${core.apiUrl}/repos/${fullName(repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  };
}

/** The labels an issue carries, in the order they were put on. */
export function labelsOf(core: Core, repository: RepositoryRecord, issue: IssueRecord) {
  return issue.labels.flatMap((name) => {
    const label = repository.labels.find((candidate) => candidate.name === name);
    return label ? [renderLabel(core, repository, label)] : [];
  });
}

/** An issue, or a pull request seen as one. */
export function renderIssue(core: Core, repository: RepositoryRecord, issue: IssueRecord) {
  const api = `${core.apiUrl}/repos/${fullName(repository)}`;
  const web = `${core.url}/${fullName(repository)}`;
  const pull = `${web}/pull/${issue.number}`;
  return {
    ...common(core, repository, issue),
    url: `${api}/issues/${issue.number}`,
    repository_url: api,
    labels_url: `${api}/issues/${issue.number}/labels{/name}`,
    comments_url: `${api}/issues/${issue.number}/comments`,
    html_url: issue.pull ? pull : `${web}/issues/${issue.number}`,
    state_reason: issue.stateReason,
    comments: issue.comments.length,
    ...(issue.pull
      ? {
          pull_request: {
            url: `${api}/pulls/${issue.number}`,
            html_url: pull,
            diff_url: `${pull}.diff`,
            patch_url: `${pull}.patch`,
            merged_at: issue.pull.mergedAt,
          },
        }
      : {}),
  };
}

export function renderComment(
  core: Core,
  repository: RepositoryRecord,
  issue: IssueRecord,
  comment: CommentRecord,
) {
  const api = `${core.apiUrl}/repos/${fullName(repository)}`;
  const page = renderIssue(core, repository, issue).html_url;
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url: `${api}/issues/comments/${comment.id}`,
    html_url: `${page}#issuecomment-${comment.id}`,
    issue_url: `${api}/issues/${issue.number}`,
    body: comment.body,
    user: renderUser(core, userOf(core, comment.author)),
    author_association: associationOf(repository, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
  };
}

/** A pull request as lists show it. */
export function renderPull(core: Core, repository: RepositoryRecord, issue: PullIssue) {
  const { pull } = issue;
  const api = `${core.apiUrl}/repos/${fullName(repository)}`;
  const html = `${core.url}/${fullName(repository)}/pull/${issue.number}`;
  const owner = renderUser(core, userOf(core, repository.owner));
  const end = (ref: string, sha: string) => ({
    label: `${repository.owner}:${ref}`,
    ref,
    sha,
    user: owner,
    repo: renderRepository(core, repository),
  });
  return {
    ...common(core, repository, issue),
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    url: `${api}/pulls/${issue.number}`,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: `${api}/issues/${issue.number}`,
    commits_url: `${api}/pulls/${issue.number}/commits`,
    comments_url: `${api}/issues/${issue.number}/comments`,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeCommitSha,
    draft: pull.draft,
    head: end(pull.head, pull.headSha),
    base: end(pull.base, pull.baseSha),
    requested_reviewers: [],
    requested_teams: [],
    milestone: null,
    auto_merge: null,
  };
}

function common(core: Core, repository: RepositoryRecord, issue: IssueRecord) {
  return {
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    number: issue.number,
    title: issue.title,
    body: issue.body,
    state: issue.state,
    locked: false,
    user: renderUser(core, userOf(core, issue.author)),
    labels: labelsOf(core, repository, issue),
    assignee: issue.assignees[0] === undefined ? null : renderUser(core, userOf(core, issue.assignees[0])),
    assignees: issue.assignees.map((login) => renderUser(core, userOf(core, login))),
    author_association: associationOf(repository, issue.author),
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
  };
}

export function associationOf(repository: RepositoryRecord, login: string): 'OWNER' | 'NONE' {
  return repository.owner === login ? 'OWNER' : 'NONE';
}
