/** What the stand-in remembers besides Git objects. Times are RFC 3339 in UTC with whole seconds, as GitHub writes them. */
export interface State {
  nextId: number;
  users: UserRecord[];
  tokens: TokenRecord[];
  codes: CodeRecord[];
  repositories: RepositoryRecord[];
}

export interface UserRecord {
  id: number;
  login: string;
  name: string | null;
  email: string | null;
  type: 'User' | 'Organization';
  /** Logins of the members; empty for people. */
  members: string[];
  createdAt: string;
}

export interface TokenRecord {
  token: string;
  login: string;
  scopes: string[];
  createdAt: string;
  /** Of a GitHub App's user: when it expires, and what it is refreshed with. */
  expiry?: { expiresAtMs: number; refreshToken: string; refreshExpiresAtMs: number };
}

interface CodeRecord {
  code: string;
  login: string;
  scopes: string[];
  redirectUri: string;
  challenge: string | null;
  expiresAtMs: number;
}

export interface RepositoryRecord {
  id: number;
  owner: string;
  name: string;
  description: string | null;
  private: boolean;
  defaultBranch: string;
  createdAt: string;
  updatedAt: string;
  pushedAt: string;
  /** Issues and pull requests share one sequence of numbers. */
  nextNumber: number;
  labels: LabelRecord[];
  issues: IssueRecord[];
  hooks: HookRecord[];
  /** Missing in states from before there were any. */
  reviews?: ReviewRecord[];
  checkRuns?: CheckRunRecord[];
}

export interface ReviewRecord {
  id: number;
  pullNumber: number;
  author: string;
  state: 'approved' | 'changes_requested' | 'commented';
  body: string | null;
  commitId: string;
  submittedAt: string;
  comments: { id: number; path: string; line: number; body: string }[];
}

export interface CheckRunRecord {
  id: number;
  name: string;
  headSha: string;
  /** The branch it was for. */
  headBranch: string;
  conclusion: 'success' | 'failure' | 'neutral' | 'cancelled' | 'timed_out' | 'action_required' | 'skipped';
  output: { title: string | null; summary: string | null; text: string | null };
  completedAt: string;
}

export interface LabelRecord {
  id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface IssueRecord {
  id: number;
  number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'reopened' | 'duplicate' | null;
  author: string;
  labels: string[];
  assignees: string[];
  createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  comments: CommentRecord[];
  /** Present when the issue is a pull request. */
  pull: PullRecord | null;
}

interface PullRecord {
  id: number;
  /** Branch names without `refs/heads/`. */
  head: string;
  base: string;
  headSha: string;
  baseSha: string;
  draft: boolean;
  mergedAt: string | null;
  mergedBy: string | null;
  mergeCommitSha: string | null;
}

export interface PullIssue extends IssueRecord {
  pull: PullRecord;
}

export interface CommentRecord {
  id: number;
  author: string;
  body: string;
  createdAt: string;
  updatedAt: string;
}

export interface HookRecord {
  id: number;
  url: string;
  contentType: 'json' | 'form';
  secret: string | null;
  insecureSsl: string;
  events: string[];
  active: boolean;
  createdAt: string;
  updatedAt: string;
  /** Newest first, the last hundred. */
  deliveries: DeliveryRecord[];
}

export interface DeliveryRecord {
  id: number;
  guid: string;
  deliveredAt: string;
  redelivery: boolean;
  durationSeconds: number;
  status: string;
  /** 0 when no answer came. */
  statusCode: number;
  event: string;
  action: string | null;
  requestHeaders: Record<string, string>;
  payload: unknown;
  responseHeaders: Record<string, string>;
  responseBody: string;
}
