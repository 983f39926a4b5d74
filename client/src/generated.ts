// Written by `npm run generate` from the contract. Changes made here are lost.

/** Tell repeats by `webhook-id`, and order by `data.runId` and `data.event.seq` */
export type WebhookEvent = {
  type: "run.queued" | "run.started" | "run.waiting" | "run.heldBack" | "run.paused" | "run.resumed" | "run.completed" | "run.failed" | "run.cancelled" | "budget.warning" | "budget.reached" | "message.received" | "message.edited" | "message.withdrawn" | "message.completed" | "model.retrying" | "model.fallback" | "toolCall.retrying" | "toolCall.started" | "toolCall.completed" | "toolCall.failed" | "toolCall.needsReview" | "approval.requested" | "approval.decided" | "approval.expired" | "context.compacted" | "question.asked" | "output.saved" | "plan.updated" | "result.refused" | "file.changed" | "commit.created" | "pullRequest.opened";
  /** When it happened */
  timestamp: string;
  data: {
    organisationId: string;
    runId: string;
    agentId: string;
    event: Event;
  };
};

/** Something that happened in a run. New types may be added: skip what you do not know */
export type Event = RunQueuedEvent | RunStartedEvent | RunWaitingEvent | RunHeldBackEvent | RunPausedEvent | RunResumedEvent | RunCompletedEvent | RunFailedEvent | RunCancelledEvent | BudgetWarningEvent | BudgetReachedEvent | MessageReceivedEvent | MessageEditedEvent | MessageWithdrawnEvent | MessageCompletedEvent | ModelRetryingEvent | ModelFallbackEvent | ToolCallRetryingEvent | ToolCallStartedEvent | ToolCallCompletedEvent | ToolCallFailedEvent | ToolCallNeedsReviewEvent | ApprovalRequestedEvent | ApprovalDecidedEvent | ApprovalExpiredEvent | ContextCompactedEvent | QuestionAskedEvent | OutputSavedEvent | PlanUpdatedEvent | ResultRefusedEvent | FileChangedEvent | CommitCreatedEvent | PullRequestOpenedEvent;

export type RunQueuedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "run.queued";
  data: {
    prompt: string;
    messageId?: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type RunStartedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "run.started";
  data: Record<string, unknown>;
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type RunWaitingEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "run.waiting";
  data: {
    waitingFor: "approval" | "input" | "runner" | "child" | "timer" | "budget" | "review";
    until?: string;
    budget?: "steps" | "duration" | "cost" | "dailyCost";
    reason?: "stuck";
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type RunHeldBackEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "run.heldBack";
  data: Record<string, unknown>;
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type RunPausedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "run.paused";
  data: {
    reason?: "approvalExpired";
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type RunResumedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "run.resumed";
  data: Record<string, unknown>;
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type RunCompletedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "run.completed";
  data: {
    summary: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type RunFailedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "run.failed";
  data: {
    code: "poison" | "modelUnavailable" | "modelRefused" | "modelRejected" | "contextFull" | "toolUnavailable" | "toolFailed" | "accessLost" | "resultRefused" | "resultMissing" | "resultInvalid" | "pushRefused" | "planInvalid";
    message: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type RunCancelledEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "run.cancelled";
  data: Record<string, unknown>;
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type BudgetWarningEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "budget.warning";
  data: {
    budget: "steps" | "duration" | "cost" | "dailyCost";
    limit: number;
    used: number;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type BudgetReachedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "budget.reached";
  data: {
    budget: "steps" | "duration" | "cost" | "dailyCost";
    limit: number;
    used: number;
    /** The least limit under which the next step may begin */
    needed: number;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type MessageReceivedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "message.received";
  data: {
    messageId: string;
    seq: number | null;
    deliver: "now" | "afterRun";
    text: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type MessageEditedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "message.edited";
  data: {
    messageId: string;
    seq: number | null;
    text: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type MessageWithdrawnEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "message.withdrawn";
  data: {
    messageId: string;
    seq: number | null;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type MessageCompletedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "message.completed";
  data: {
    stepNo: number;
    text: string;
    interrupted?: true;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ModelRetryingEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "model.retrying";
  data: {
    stepNo: number;
    failure: number;
    reason: string;
    retryAt: string;
    interruptedText?: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ModelFallbackEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "model.fallback";
  data: {
    stepNo: number;
    from: {
      provider: string;
      model: string;
    };
    to: {
      provider: string;
      model: string;
    };
    reason: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ToolCallRetryingEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "toolCall.retrying";
  data: {
    toolCallId: string;
    name: string;
    stepNo: number;
    failure: number;
    reason: string;
    retryAt: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ToolCallStartedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "toolCall.started";
  data: {
    toolCallId: string;
    stepNo: number;
    name: string;
    subject?: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ToolCallCompletedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "toolCall.completed";
  data: {
    toolCallId: string;
    stepNo: number;
    name: string;
    subject?: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ToolCallFailedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "toolCall.failed";
  data: {
    toolCallId: string;
    stepNo: number;
    name: string;
    subject?: string;
    message: string;
    decision?: "deny" | "leave";
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ToolCallNeedsReviewEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "toolCall.needsReview";
  data: {
    approvalId: string;
    toolCallId: string;
    stepNo: number;
    name: string;
    subject?: string;
    expiresAt: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ApprovalRequestedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "approval.requested";
  data: {
    approvalId: string;
    toolCallId: string;
    stepNo: number;
    name: string;
    subject?: string;
    expiresAt: string;
    because?: "policy" | "workflow" | "egress";
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ApprovalDecidedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "approval.decided";
  data: {
    approvalId: string;
    toolCallId: string;
    decision: "allow" | "deny" | "sendAgain" | "leave";
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ApprovalExpiredEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "approval.expired";
  data: {
    approvalId: string;
    toolCallId: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ContextCompactedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "context.compacted";
  data: {
    stepNo: number;
    coveredSteps: number;
    tokensBefore: number;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type QuestionAskedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "question.asked";
  data: {
    toolCallId?: string;
    stepNo: number;
    question: string;
    choices?: Array<string>;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type OutputSavedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "output.saved";
  data: {
    name: string;
    mediaType: string;
    bytes: number;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type PlanUpdatedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "plan.updated";
  data: {
    steps: Array<{
      title: string;
      status: "pending" | "inProgress" | "done";
    }>;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type ResultRefusedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "result.refused";
  data: {
    stepNo: number;
    message: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type FileChangedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "file.changed";
  data: {
    path: string;
    change: "created" | "edited" | "deleted";
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type CommitCreatedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "commit.created";
  data: {
    sha: string;
    message: string;
    branch: string;
    files: number;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type PullRequestOpenedEvent = {
  /** Gapless within the run, from 1 */
  seq: number;
  type: "pullRequest.opened";
  data: {
    number: number;
    title: string;
    url: string;
  };
  /** One short sentence, fit for being read aloud */
  speech: string | null;
  at: string;
};

export type WebhookTest = {
  type: "webhook.test";
  /** When it happened */
  timestamp: string;
  data: {
    organisationId: string;
    webhookEndpointId: string;
  };
};

export type Problem = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  requestId: string;
  errors?: Array<{
    field: string;
    message: string;
  }>;
};

export type Readiness = {
  status: "ready" | "notReady";
  dependencies: Record<string, {
    status: "up" | "down";
    latencyMs: number;
  }>;
  /** Null while the database cannot be asked */
  scheduler: {
    /** Schedules that the queue does not know as they are now */
    unsynced: number;
    /** For how long the first of them has been so */
    oldestSeconds: number | null;
  } | null;
};

export type SignedIn = {
  accessToken: string;
  tokenType: "Bearer";
  /** Seconds until the access token expires */
  expiresIn: number;
  /** Good for one refresh; every refresh gives the next */
  refreshToken: string;
  user: User;
};

export type User = {
  id: string;
  /** Their login at GitHub; without an account there, what the issuer of their token calls them */
  login: string;
  name: string | null;
  email: string | null;
  avatarUrl: string | null;
  /** Whether they have a GitHub account here, which repositories need */
  githubLinked: boolean;
  createdAt: string;
};

export type Tokens = {
  accessToken: string;
  tokenType: "Bearer";
  /** Seconds until the access token expires */
  expiresIn: number;
  /** Good for one refresh; every refresh gives the next */
  refreshToken: string;
};

export type Employment = {
  isNeonEmployee: boolean;
};

export type Account = User & {
  /** What your runs may cost in a day (UTC); null for no limit */
  dailyCostLimitUsd: number | null;
  spentTodayUsd: number;
};

export type AccountChanges = {
  /** US dollars; null goes back to what the deployment allows */
  dailyCostLimitUsd: number | null;
};

export type Organisation = {
  id: string;
  name: string;
  /** Yours alone: every user has one */
  isPersonal: boolean;
  /** Whose tokens say who is in it, and as what; null where its members are managed here */
  issuer: string | null;
  role: Role;
  /** How many of its runs may be at work at once; null: as many as the deployment lets. The others wait in line, `queued` */
  concurrentRuns: number | null;
  createdAt: string;
};

/** What you are in it */
export type Role = "viewer" | "member" | "admin" | "owner";

export type OrganisationName = {
  name: string;
};

export type OrganisationChanges = {
  name?: string;
  /** At most as many as the deployment lets; null leaves it to the deployment. More lets runs begin that waited in line; fewer stops none */
  concurrentRuns?: number | null;
};

export type InvitationToken = {
  token: string;
};

export type Member = {
  userId: string;
  login: string;
  name: string | null;
  role: Role;
  joinedAt: string;
};

export type MemberChanges = {
  role: Role;
};

export type MadeInvitation = Invitation & {
  token: string;
};

export type Invitation = {
  id: string;
  /** Whom it is for; null for whoever has its token */
  login: string | null;
  role: Role & unknown;
  invitedBy: string;
  createdAt: string;
  expiresAt: string;
};

export type NewInvitation = {
  role: Role;
  /** Only this GitHub user can accept it */
  login?: string;
};

export type AuditEntry = {
  /** Gapless within the organisation, from 1 */
  seq: number;
  at: string;
  userId: string;
  /** How they showed who they are */
  credential: string;
  /** The method and the route */
  action: string;
  /** What stood in the address, and the id of what was made */
  object: Record<string, string>;
  /** What was answered; 403 for what was not allowed */
  status: number;
  requestId: string;
  /** The IP address, where it is known */
  address: string | null;
  userAgent: string | null;
  /** SHA-256 over the hash of the entry before and this entry */
  hash: string;
};

export type AuditCheck = {
  entries: number;
  /** The first entry that was changed or taken away; null when none was */
  firstAltered: number | null;
};

export type Session = {
  id: string;
  /** What signed in, in its own words */
  userAgent: string | null;
  createdAt: string;
  /** Right to the minute */
  lastUsedAt: string | null;
  expiresAt: string;
  /** Whether it is the one that asks */
  current: boolean;
};

export type CreatedApiKey = ApiKey & {
  /** The key. Send it as `Authorization: Bearer …`; only its hash is kept */
  key: string;
};

export type ApiKey = {
  id: string;
  name: string;
  /** The part of the key that may be shown */
  prefix: string;
  /** What it may do: an operation names the one that it needs as `x-permission` */
  scopes: Array<"read" | "write" | "approve" | "manage">;
  /** Who made it, and as whom it acts while they are a member */
  userId: string;
  createdAt: string;
  /** Null until it is revoked */
  expiresAt: string | null;
  /** Right to the minute */
  lastUsedAt: string | null;
};

export type NewApiKey = {
  /** What it is for */
  name: string;
  /** What it may do: an operation names the one that it needs as `x-permission` */
  scopes: Array<"read" | "write" | "approve" | "manage">;
  /** Null for a key that lasts until it is revoked */
  expiresAt?: string | null;
};

export type Repository = {
  fullName: string;
  private: boolean;
  defaultBranch: string;
  description: string | null;
  pushedAt: string | null;
  url: string;
};

export type Branch = {
  name: string;
  sha: string;
  protected: boolean;
};

export type Agent = {
  id: string;
  /** Its own, or the one behind jobs */
  kind: "agent" | "generator";
  name: string;
  instructions: string | null;
  repository: string | null;
  baseBranch: string | null;
  /** Where its commits go; null without a repository */
  branch: string | null;
  provider: string;
  model: string;
  /** Models that are asked, in order, while its own is away; not when that refuses. Those without a key, and those that the conversation is too long for, are passed over */
  fallbacks: Array<{
    provider: string;
    model: string;
  }>;
  tools: Array<string>;
  /** By tool: run it `always`, `ask` its user first, or `never`. A tool that is not named runs */
  policies: Record<string, "always" | "ask" | "never">;
  /** Remote MCP servers whose tools it gets */
  mcpServers: Array<string>;
  maxSteps: number;
  /** The step of another agent from which this one goes its own way */
  forkedFrom: {
    agentId: string;
    runId: string;
    stepNo: number;
  } | null;
  /** Of each run; null for no limit */
  maxCostUsd: number | null;
  /** Of each run, waits and pauses not counted; null for no limit */
  maxDurationSeconds: number | null;
  /** A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. It is then `result.output` of the run and its output `result.json` */
  outputSchema: Record<string, unknown> | null;
  /** `idle`, `archived`, or its active run's */
  status: "idle" | "archived" | "queued" | "running" | "waiting" | "paused";
  activeRun: Run | null;
  createdAt: string;
  updatedAt: string;
};

export type Run = {
  id: string;
  agentId: string;
  status: "queued" | "running" | "waiting" | "paused" | "completed" | "failed" | "cancelled";
  /** The place of a queued run among those that are held back because as many of the organisation are at work as may be; null when it is not */
  queuePosition: number | null;
  waitingFor: "approval" | "input" | "runner" | "child" | "timer" | "budget" | "review" | null;
  /** The limit that a run waits for whose `waitingFor` is `budget` */
  waitingForBudget: "steps" | "duration" | "cost" | "dailyCost" | null;
  /** What it has asked its user; the next message to its agent answers it */
  question: {
    text: string;
    choices: Array<string> | null;
  } | null;
  prompt: string;
  /** The run that it took up again */
  retryOf: string | null;
  /** The run that delegated to this one, which is a sub-agent of it */
  parentRunId: string | null;
  /** The goal that it is of */
  goalId: string | null;
  /** The schedule that started it */
  scheduleId: string | null;
  /** When it was due by that schedule */
  slotAt: string | null;
  stepCount: number;
  maxSteps: number;
  /** Time of work up to its last step; waits and pauses are not in it */
  durationSeconds: number;
  maxDurationSeconds: number | null;
  cancelRequested: boolean;
  pauseRequested: boolean;
  usage: Usage;
  costUsd: number;
  /** What its sub-agents have cost besides, as soon as all of a step have ended. It counts against `maxCostUsd` */
  delegatedCostUsd: number;
  /** The part of `costUsd` for calls of the model whose end nobody saw */
  estimatedCostUsd: number;
  maxCostUsd: number | null;
  /** A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. It is then `result.output` of the run and its output `result.json` */
  outputSchema: Record<string, unknown> | null;
  result: {
    summary: string | null;
    /** Where its commits go; null without a repository */
    branch: string | null;
    commits: Array<{
      sha: string;
      message: string;
    }>;
    pullRequest: {
      number: number;
      url: string;
      title: string;
    } | null;
    /** What it has handed in under `outputSchema`; null before that */
    output?: unknown;
  };
  error: {
    code: string;
    message: string;
  } | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
};

export type Usage = {
  /** Without what the cache of the provider read or wrote */
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
};

export type NewAgent = {
  name?: string;
  instructions?: string | null;
  provider?: string;
  model?: string;
  /** Models that are asked, in order, while its own is away; not when that refuses. Those without a key, and those that the conversation is too long for, are passed over */
  fallbacks?: Array<{
    provider: string;
    model: string;
  }>;
  tools?: Array<string>;
  /** By tool: run it `always`, `ask` its user first, or `never`. A tool that is not named runs */
  policies?: Record<string, "always" | "ask" | "never">;
  /** Ids of remote MCP servers whose tools it gets, as `mcp__<server>__<tool>`; each asks its user first, unless a policy says otherwise */
  mcpServers?: Array<string>;
  maxSteps?: number;
  /** US dollars, at most 6 decimals */
  maxCostUsd?: number | null;
  maxDurationSeconds?: number | null;
  /** A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. It is then `result.output` of the run and its output `result.json` */
  outputSchema?: Record<string, unknown> | null;
  /** Starts the first run; without it the agent waits for a message */
  prompt?: string;
  repository?: string;
  baseBranch?: string;
};

export type AgentChanges = {
  name?: string;
  instructions?: string | null;
  provider?: string;
  model?: string;
  /** Models that are asked, in order, while its own is away; not when that refuses. Those without a key, and those that the conversation is too long for, are passed over */
  fallbacks?: Array<{
    provider: string;
    model: string;
  }>;
  tools?: Array<string>;
  /** By tool: run it `always`, `ask` its user first, or `never`. A tool that is not named runs */
  policies?: Record<string, "always" | "ask" | "never">;
  /** Ids of remote MCP servers whose tools it gets, as `mcp__<server>__<tool>`; each asks its user first, unless a policy says otherwise */
  mcpServers?: Array<string>;
  maxSteps?: number;
  /** US dollars, at most 6 decimals */
  maxCostUsd?: number | null;
  maxDurationSeconds?: number | null;
  /** A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. It is then `result.output` of the run and its output `result.json` */
  outputSchema?: Record<string, unknown> | null;
};

export type QueuedMessage = {
  id: string;
  runId: string;
  deliver: "now" | "afterRun";
  /** Its number within the run, from 1; null for `afterRun` */
  seq: number | null;
  /** How many messages the agent hears before it; for `afterRun`, how many runs begin before its own */
  ahead: number;
};

export type NewMessage = {
  text: string;
  /** When a busy agent hears it: at its next model turn (or as the answer, if it has asked something), or as the prompt of a run of its own, which begins when the active one has completed or failed. Cancelling a run withdraws what waits behind it */
  deliver?: "now" | "afterRun";
  /** A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. It is then `result.output` of the run and its output `result.json` */
  outputSchema?: Record<string, unknown>;
};

export type Message = {
  id: string;
  /** The run that was under way */
  runId: string;
  deliver: "now" | "afterRun";
  /** Its number within the run, from 1; null for `afterRun` */
  seq: number | null;
  text: string;
  /** Only a `queued` one can be changed: the model has not been sent it, or its run has not begun. What waits for the end of a run is `withdrawn` when that run is cancelled or the agent archived */
  state: "queued" | "delivered" | "withdrawn";
  createdAt: string;
  /** The first step that heard it, or whose question it answers; null while there is none in its run */
  deliveredStep: number | null;
  /** The run that it started, for `afterRun` */
  startedRunId: string | null;
};

export type MessageChange = {
  text: string;
};

export type MessageLimit = {
  /** How much you may say in a day (UTC); null for no limit */
  limit: number | null;
  used: number;
  remaining: number | null;
  resetsAt: string;
};

export type NewFork = {
  /** One of its runs; the newest with a step when left out */
  runId?: string;
  /** A committed step of the run; its last one when left out */
  stepNo?: number;
  name?: string;
  /** Starts the first run; without it the fork waits for a message */
  prompt?: string;
  /** A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. It is then `result.output` of the run and its output `result.json` */
  outputSchema?: Record<string, unknown>;
};

export type Memory = {
  key: string;
  /** Whose it is: an agent's, or its organisation's */
  scope: "agent" | "organisation";
  value: string;
  /** The agent that wrote it, its run and the step; null for what a user wrote */
  agentId: string | null;
  runId: string | null;
  stepNo: number | null;
  /** The user who wrote it; null for what an agent wrote */
  userId: string | null;
  updatedAt: string;
};

export type NewMemory = {
  value: string;
};

export type Goal = {
  id: string;
  /** Who made it; its schedules stop when they leave the organisation */
  userId: string;
  /** Whose runs it starts */
  agentId: string;
  name: string;
  prompt: string;
  /** What `{{name}}` in the prompt stands for, by name */
  parameters: Record<string, {
    type: "string" | "number" | "boolean";
    description?: string;
    /** Whether one without a default must be given; true, if left out */
    required?: boolean;
    default?: string | number | boolean;
  }>;
  /** Of each of its runs; the agent's own limit where null */
  maxSteps: number | null;
  maxCostUsd: number | null;
  maxDurationSeconds: number | null;
  /** A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. It is then `result.output` of the run and its output `result.json` */
  outputSchema: Record<string, unknown> | null;
  status: "active" | "paused" | "archived";
  scheduleCount: number;
  createdAt: string;
  updatedAt: string;
};

export type NewGoal = {
  name: string;
  agentId: string;
  /** `{{name}}` stands for a parameter; `\{{name}}` for itself */
  prompt: string;
  /** What `{{name}}` in the prompt stands for, by name */
  parameters?: Record<string, {
    type: "string" | "number" | "boolean";
    description?: string;
    /** Whether one without a default must be given; true, if left out */
    required?: boolean;
    default?: string | number | boolean;
  }>;
  maxSteps?: number | null;
  /** US dollars, at most 6 decimals */
  maxCostUsd?: number | null;
  maxDurationSeconds?: number | null;
  /** A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. It is then `result.output` of the run and its output `result.json` */
  outputSchema?: Record<string, unknown> | null;
};

export type GoalChanges = {
  name?: string;
  agentId?: string;
  /** `{{name}}` stands for a parameter; `\{{name}}` for itself */
  prompt?: string;
  /** What `{{name}}` in the prompt stands for, by name */
  parameters?: Record<string, {
    type: "string" | "number" | "boolean";
    description?: string;
    /** Whether one without a default must be given; true, if left out */
    required?: boolean;
    default?: string | number | boolean;
  }>;
  maxSteps?: number | null;
  /** US dollars, at most 6 decimals */
  maxCostUsd?: number | null;
  maxDurationSeconds?: number | null;
  /** A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. It is then `result.output` of the run and its output `result.json` */
  outputSchema?: Record<string, unknown> | null;
  /** While it is paused, none of its schedules fires */
  status?: "active" | "paused";
};

export type GoalRun = {
  /** Values by parameter */
  parameters?: Record<string, string | number | boolean>;
};

export type Schedule = {
  id: string;
  goalId: string;
  /** Five fields: minute, hour, day of the month, month, day of the week (0 or 7 is Sunday; names such as `mon` will do). `@daily` and seconds are not read. With both days given, either will do */
  cron: string;
  /** The IANA name of a time zone. Where its clocks change, a time that does not exist is due at the first moment after the gap, one that comes twice is due the first time; a schedule of every hour goes by what clocks show */
  timeZone: string;
  /** Values by parameter */
  parameters: Record<string, string | number | boolean>;
  /** When the agent is at a run: `skip` the slot, `queue` a run behind it, or `cancelPrevious` if it is the goal's own (and queue, if it is not) */
  overlap: "skip" | "queue" | "cancelPrevious";
  /** Each slot is fired up to so much later, each by another amount */
  jitterSeconds: number;
  /** So many failed runs in a row pause it; null for never */
  pauseAfterFailures: number | null;
  status: "active" | "paused";
  /** Why it is paused; all but `byRequest` it did by itself */
  pausedReason: "byRequest" | "failures" | "agentArchived" | "parametersInvalid" | "makerLeft" | null;
  /** Runs of it that failed since one completed, or since it was resumed */
  consecutiveFailures: number;
  /** When it is due; null while it or its goal is paused */
  nextSlotAt: string | null;
  /** The same, with its jitter */
  nextFireAt: string | null;
  /** The next five times, jitter included */
  nextFireTimes: Array<string>;
  createdAt: string;
  updatedAt: string;
};

export type NewSchedule = {
  /** Five fields: minute, hour, day of the month, month, day of the week (0 or 7 is Sunday; names such as `mon` will do). `@daily` and seconds are not read. With both days given, either will do */
  cron: string;
  /** The IANA name of a time zone. Where its clocks change, a time that does not exist is due at the first moment after the gap, one that comes twice is due the first time; a schedule of every hour goes by what clocks show */
  timeZone?: string;
  /** Values by parameter */
  parameters?: Record<string, string | number | boolean>;
  /** When the agent is at a run: `skip` the slot, `queue` a run behind it, or `cancelPrevious` if it is the goal's own (and queue, if it is not) */
  overlap?: "skip" | "queue" | "cancelPrevious";
  /** Each slot is fired up to so much later, each by another amount */
  jitterSeconds?: number;
  /** So many failed runs in a row pause it; null for never */
  pauseAfterFailures?: number | null;
};

export type ScheduleChanges = {
  /** Five fields: minute, hour, day of the month, month, day of the week (0 or 7 is Sunday; names such as `mon` will do). `@daily` and seconds are not read. With both days given, either will do */
  cron?: string;
  /** The IANA name of a time zone. Where its clocks change, a time that does not exist is due at the first moment after the gap, one that comes twice is due the first time; a schedule of every hour goes by what clocks show */
  timeZone?: string;
  /** Values by parameter */
  parameters?: Record<string, string | number | boolean>;
  /** When the agent is at a run: `skip` the slot, `queue` a run behind it, or `cancelPrevious` if it is the goal's own (and queue, if it is not) */
  overlap?: "skip" | "queue" | "cancelPrevious";
  /** Each slot is fired up to so much later, each by another amount */
  jitterSeconds?: number;
  /** So many failed runs in a row pause it; null for never */
  pauseAfterFailures?: number | null;
};

export type ScheduleSlot = {
  slotAt: string;
  /** When that was decided */
  firedAt: string;
  /** `missed`: it had passed when somebody looked, and a later one was fired in its place */
  outcome: "started" | "queued" | "skipped" | "missed";
  /** It was fired more than five minutes after its time */
  late: boolean;
  /** `agentBusy`, `queueFull`, or why the schedule was paused */
  reason: string | null;
  /** The run that it started; of a queued one, once it has begun */
  runId: string | null;
  /** The run that its agent was at */
  busyRunId: string | null;
  /** How many slots this one stands for: those missed long ago are put together */
  count: number;
};

export type ToldMemory = {
  key: string;
  scope: "agent" | "organisation";
  value: string;
  /** Of an organisation's: whether a user wrote it; the model is told which */
  isByUser: boolean | null;
};

export type Output = {
  name: string;
  /** A file, or a value as JSON */
  kind: "file" | "value";
  mediaType: string;
  bytes: number;
  /** Of its bytes, in hexadecimal */
  sha256: string;
  /** The step that saved it last */
  stepNo: number;
  createdAt: string;
};

export type Step = {
  stepNo: number;
  /** A turn of the model, or a summary that has taken the place of older turns for it */
  kind: "turn" | "compaction";
  /** For a compaction: the last step that its text sums up */
  coversStepNo: number | null;
  text: string;
  toolCalls: Array<{
    id: string;
    name: string;
    input: Record<string, unknown>;
    state: "planned" | "awaitingApproval" | "awaitingInput" | "approved" | "executing" | "completed" | "failed" | "denied" | "needsReview" | "skipped";
    output: string | null;
    result: Record<string, unknown> | null;
  }>;
  /** Of the model that took it */
  provider: string | null;
  model: string | null;
  stopReason: "endTurn" | "toolCalls" | "maxTokens" | "refusal" | "pauseTurn" | "contextFull";
  usage: Usage;
  costUsd: number;
  modelMs: number;
  createdAt: string;
  /** Null while its effects are under way */
  committedAt: string | null;
};

export type Budget = {
  maxSteps?: number;
  /** US dollars, at most 6 decimals */
  maxCostUsd?: number;
  maxDurationSeconds?: number;
};

export type RunRetry = {
  /** A JSON Schema (draft 2020-12, at most 16 kB) that the result of a run is held to: the run hands a value in with the tool `submit_result` and cannot end without one that fits. It is then `result.output` of the run and its output `result.json` */
  outputSchema?: Record<string, unknown>;
};

export type AcceptedJob = {
  message: string;
  jobId: string;
  statusUrl: string;
};

export type NewJob = {
  /** What the backend is to do */
  prompt: string;
  /** What it is made with */
  stack?: "node-http" | "hono" | "express" | "fastify";
  /** Where the job pushes it once it has passed its check, in one commit, as you: a repository that does not exist. Jobs that change the backend push there, too */
  repository?: string;
  /** Whether that repository is */
  private?: boolean;
};

export type JobSummary = {
  jobId: string;
  /** The run that the job is: its steps, events and cost */
  runId: string;
  /** The agent behind it; a message to it changes the backend, in a job of its own */
  agentId: string;
  /** `failed` is a cancelled one, too */
  state: "waiting" | "active" | "completed" | "failed";
  /** How far its plan has come, 0 to 100; it never goes back, and 100 is the end */
  progress: number;
  prompt: string;
  /** Where the job pushes what it makes */
  repository: string | null;
  /** What an active job waits for */
  waitingFor: "approval" | "input" | "runner" | "child" | "timer" | "budget" | "review" | null;
  error: {
    /** `cancelled`, or why the run failed, such as `resultRefused` or `pushRefused` */
    code: string;
    message: string;
  } | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
};

export type Job = JobSummary & {
  /** Null until the job has ended; one that failed may have files, too */
  result: {
    success: boolean;
    files: Array<{
      path: string;
      bytes: number;
    }>;
    /** Where the job has pushed them */
    pushed: {
      repository: string;
      url: string;
      branch: string;
      sha: string;
    } | null;
  } | null;
};

export type JobFile = {
  path: string;
  content: string;
};

export type PushedJob = {
  repository: string;
  url: string;
  branch: string;
  sha: string;
};

export type NewPush = {
  /** One that does not exist, yours or of an organisation in which you may make some; or the one that an earlier job of the same agent was pushed to */
  repository: string;
  private?: boolean;
};

/** One event of the stream, its `data` parsed as JSON. An Event has an `id`, the others do not */
export type StreamItem = {
  /** The type of the event */
  event: string;
  /** Where to come back to, as `Last-Event-ID` or `after`. Only an Event has one */
  id?: string;
  data: RunQueuedEvent | RunStartedEvent | RunWaitingEvent | RunHeldBackEvent | RunPausedEvent | RunResumedEvent | RunCompletedEvent | RunFailedEvent | RunCancelledEvent | BudgetWarningEvent | BudgetReachedEvent | MessageReceivedEvent | MessageEditedEvent | MessageWithdrawnEvent | MessageCompletedEvent | ModelRetryingEvent | ModelFallbackEvent | ToolCallRetryingEvent | ToolCallStartedEvent | ToolCallCompletedEvent | ToolCallFailedEvent | ToolCallNeedsReviewEvent | ApprovalRequestedEvent | ApprovalDecidedEvent | ApprovalExpiredEvent | ContextCompactedEvent | QuestionAskedEvent | OutputSavedEvent | PlanUpdatedEvent | ResultRefusedEvent | FileChangedEvent | CommitCreatedEvent | PullRequestOpenedEvent | MessageDelta | AttemptReset | Gap | AuthExpired;
};

/** Text as the model writes it: `from` is where it belongs, in UTF-16 units, in the text of this attempt. `message.completed` has all of it */
export type MessageDelta = {
  stepNo: number;
  attempt: number;
  from: number;
  text: string;
};

/** The model begins the step anew: what was written in earlier attempts does not count */
export type AttemptReset = {
  stepNo: number;
  attempt: number;
};

/** Events behind `after` are no longer kept; the stream goes on behind `resumedAfter` */
export type Gap = {
  after: string;
  resumedAfter: string | null;
};

/** The access token has expired: refresh it and come back */
export type AuthExpired = Record<string, unknown>;

export type Ticket = {
  ticket: string;
  expiresAt: string;
};

export type NewTicket = {
  /** The path of the stream */
  path: string;
};

export type Approval = {
  id: string;
  agentId: string;
  runId: string;
  /** The run that delegated to this one, if a sub-agent asks */
  parentRunId: string | null;
  toolCallId: string;
  /** An approval lets a call run. A review says what to do about one that was sent and of which nobody knows whether it took effect. */
  kind: "approval" | "review";
  stepNo: number;
  tool: string;
  arguments: Record<string, unknown>;
  /** Of the arguments as JSON with sorted keys, in hexadecimal */
  argumentsSha256: string;
  /** Of a review, allowed means sent again and denied means left as it is */
  state: "pending" | "allowed" | "denied" | "expired" | "cancelled";
  /** Why it was asked: the policy of the agent, a file that the repository's own machines would run, or (`egress`) data that would leave an agent which has read what is private and what strangers wrote. Null for a review */
  because: "policy" | "workflow" | "egress" | null;
  reason: string | null;
  createdAt: string;
  expiresAt: string;
  decidedAt: string | null;
};

export type Decision = {
  /** `allow` or `deny` an approval; `sendAgain` or `leave` a review */
  decision: "allow" | "deny" | "sendAgain" | "leave";
  /** Told to the agent with `deny` and `leave` */
  reason?: string;
  /** What you saw; refused when the approval is for other arguments */
  argumentsSha256?: string;
};

export type Trigger = {
  id: string;
  repository: string;
  /** Who made it. Its agents work on GitHub as they */
  userId: string;
  on: {
    /** The label that starts an agent for its issue; null for none */
    issueLabel: string | null;
    /** The word in a comment that starts an agent, or tells the one there is; null for none */
    mention: string | null;
    /** Whether a review of an agent's pull request is said to it */
    review: boolean;
    /** Whether it is to mend checks that fail there, three times at most */
    failedCheck: boolean;
    /** Whether the end of the pull request ends what the agent is at */
    mergeOrClose: boolean;
  };
  who: {
    /** What somebody must be allowed on GitHub to start agents or to be heard by them; `listed` for only `logins` */
    permission: "write" | "admin" | "listed";
    /** Who may besides; bots only so */
    logins: Array<string>;
  };
  agent: TriggerAgent;
  /** GitHub's id of the webhook that was made; null for one made by hand */
  hookId: number | null;
  createdAt: string;
  updatedAt: string;
};

/** What agents get; the rest is as for any new one */
export type TriggerAgent = {
  baseBranch?: string;
  instructions?: string;
  provider?: string;
  model?: string;
  /** Models that are asked, in order, while its own is away; not when that refuses. Those without a key, and those that the conversation is too long for, are passed over */
  fallbacks?: Array<{
    provider: string;
    model: string;
  }>;
  tools?: Array<string>;
  /** By tool: run it `always`, `ask` its user first, or `never`. A tool that is not named runs */
  policies?: Record<string, "always" | "ask" | "never">;
  maxSteps?: number;
  /** US dollars, at most 6 decimals */
  maxCostUsd?: number;
  maxDurationSeconds?: number;
};

export type NewTrigger = {
  on?: {
    /** The label that starts an agent for its issue; null for none */
    issueLabel?: string | null;
    /** The word in a comment that starts an agent, or tells the one there is; null for none */
    mention?: string | null;
    /** Whether a review of an agent's pull request is said to it */
    review?: boolean;
    /** Whether it is to mend checks that fail there, three times at most */
    failedCheck?: boolean;
    /** Whether the end of the pull request ends what the agent is at */
    mergeOrClose?: boolean;
  };
  who?: {
    /** What somebody must be allowed on GitHub to start agents or to be heard by them; `listed` for only `logins` */
    permission?: "write" | "admin" | "listed";
    /** Who may besides; bots only so */
    logins?: Array<string>;
  };
  repository: string;
  agent?: TriggerAgent;
  /** Adds the webhook to the repository, which takes who administers it. Else make one for `/api/v1/webhooks/github` */
  createHook?: boolean;
};

export type TriggerChanges = {
  on?: {
    /** The label that starts an agent for its issue; null for none */
    issueLabel?: string | null;
    /** The word in a comment that starts an agent, or tells the one there is; null for none */
    mention?: string | null;
    /** Whether a review of an agent's pull request is said to it */
    review?: boolean;
    /** Whether it is to mend checks that fail there, three times at most */
    failedCheck?: boolean;
    /** Whether the end of the pull request ends what the agent is at */
    mergeOrClose?: boolean;
  };
  who?: {
    /** What somebody must be allowed on GitHub to start agents or to be heard by them; `listed` for only `logins` */
    permission?: "write" | "admin" | "listed";
    /** Who may besides; bots only so */
    logins?: Array<string>;
  };
  agent?: TriggerAgent;
};

export type Dag = {
  name: string;
  goal?: string | null;
  agentId?: string;
  params?: Record<string, {
    description?: string;
    default?: unknown;
  }>;
  onFailure?: "failFast" | "continue";
  parallelism?: number;
  nodes: Array<{
    id: string;
    task?: string;
    tool?: string;
    input?: Record<string, unknown>;
    agentId?: string;
    dependsOn?: Array<string>;
    when?: {
      ref: string;
      equals?: string | number | boolean | null;
      notEquals?: string | number | boolean | null;
      exists?: boolean;
      in?: Array<string | number | boolean | null>;
    } | {
      all: Array<{
        ref: string;
        equals?: string | number | boolean | null;
        notEquals?: string | number | boolean | null;
        exists?: boolean;
        in?: Array<string | number | boolean | null>;
      }>;
    } | {
      any: Array<{
        ref: string;
        equals?: string | number | boolean | null;
        notEquals?: string | number | boolean | null;
        exists?: boolean;
        in?: Array<string | number | boolean | null>;
      }>;
    } | {
      not: {
        ref: string;
        equals?: string | number | boolean | null;
        notEquals?: string | number | boolean | null;
        exists?: boolean;
        in?: Array<string | number | boolean | null>;
      };
    };
    retries?: number;
    outputSchema?: Record<string, unknown>;
    timeoutSeconds?: number;
    onFailure?: "failFast" | "continue";
  }>;
  id: string;
  userId: string;
  createdAt: string;
  updatedAt: string;
};

/** Each node has either a `task` for an agent or a `tool` with its `input`. `{{params.x}}` and `{{nodes.a.output.x}}` in them stand for a parameter and for what came of another node, for which the node waits then */
export type NewDag = {
  name: string;
  goal?: string | null;
  agentId?: string;
  params?: Record<string, {
    description?: string;
    default?: unknown;
  }>;
  onFailure?: "failFast" | "continue";
  parallelism?: number;
  nodes: Array<{
    id: string;
    task?: string;
    tool?: string;
    input?: Record<string, unknown>;
    agentId?: string;
    dependsOn?: Array<string>;
    when?: {
      ref: string;
      equals?: string | number | boolean | null;
      notEquals?: string | number | boolean | null;
      exists?: boolean;
      in?: Array<string | number | boolean | null>;
    } | {
      all: Array<{
        ref: string;
        equals?: string | number | boolean | null;
        notEquals?: string | number | boolean | null;
        exists?: boolean;
        in?: Array<string | number | boolean | null>;
      }>;
    } | {
      any: Array<{
        ref: string;
        equals?: string | number | boolean | null;
        notEquals?: string | number | boolean | null;
        exists?: boolean;
        in?: Array<string | number | boolean | null>;
      }>;
    } | {
      not: {
        ref: string;
        equals?: string | number | boolean | null;
        notEquals?: string | number | boolean | null;
        exists?: boolean;
        in?: Array<string | number | boolean | null>;
      };
    };
    retries?: number;
    outputSchema?: Record<string, unknown>;
    timeoutSeconds?: number;
    onFailure?: "failFast" | "continue";
  }>;
};

export type DagChanges = {
  name?: string;
  goal?: string | null;
  agentId?: string | null;
  params?: Record<string, {
    description?: string;
    default?: unknown;
  }>;
  onFailure?: "failFast" | "continue";
  parallelism?: number;
  nodes?: Array<{
    id: string;
    task?: string;
    tool?: string;
    input?: Record<string, unknown>;
    agentId?: string;
    dependsOn?: Array<string>;
    when?: {
      ref: string;
      equals?: string | number | boolean | null;
      notEquals?: string | number | boolean | null;
      exists?: boolean;
      in?: Array<string | number | boolean | null>;
    } | {
      all: Array<{
        ref: string;
        equals?: string | number | boolean | null;
        notEquals?: string | number | boolean | null;
        exists?: boolean;
        in?: Array<string | number | boolean | null>;
      }>;
    } | {
      any: Array<{
        ref: string;
        equals?: string | number | boolean | null;
        notEquals?: string | number | boolean | null;
        exists?: boolean;
        in?: Array<string | number | boolean | null>;
      }>;
    } | {
      not: {
        ref: string;
        equals?: string | number | boolean | null;
        notEquals?: string | number | boolean | null;
        exists?: boolean;
        in?: Array<string | number | boolean | null>;
      };
    };
    retries?: number;
    outputSchema?: Record<string, unknown>;
    timeoutSeconds?: number;
    onFailure?: "failFast" | "continue";
  }>;
};

export type DagPlan = {
  /** That of its run, whose steps and events say how the model came to it */
  id: string;
  /** The agent that plans; it is in no list */
  agentId: string;
  goal: string;
  status: "queued" | "running" | "waiting" | "paused" | "completed" | "failed" | "cancelled";
  waitingFor: string | null;
  /** The DAG, once there is one */
  dagId: string | null;
  error: {
    code: string;
    message: string;
  } | null;
  /** What was wrong with the last plan that was handed in */
  problems: Array<{
    field: string;
    message: string;
  }>;
  createdAt: string;
  finishedAt: string | null;
  statusUrl: string;
};

export type DagGoal = {
  /** What is to be done, in your words */
  goal: string;
  /** The id of the agent whose configuration, model and repository the nodes get */
  agent?: string;
  /** Values that the DAG is to take as parameters; they become the defaults */
  params?: Record<string, unknown>;
  /** How long the answer may take */
  waitSeconds?: number;
};

export type DagExecution = {
  id: string;
  dagId: string;
  name: string;
  /** `waiting`: all that is under way waits for its user. `suspended`: it is paused */
  status: "queued" | "running" | "waiting" | "suspended" | "completed" | "failed" | "cancelled";
  params: Record<string, unknown>;
  /** How many nodes may be at work at the same time; one that waits counts */
  parallelism: number;
  cancelRequested: boolean;
  pauseRequested: boolean;
  /** How many nodes are in which state */
  nodes: {
    pending?: number;
    queued?: number;
    running?: number;
    waiting?: number;
    completed?: number;
    failed?: number;
    skipped?: number;
    cancelled?: number;
  };
  /** How often it was taken up again after it had failed */
  resumes: number;
  costUsd: number;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
};

export type DagToExecute = {
  /** This, or `dag` */
  dagId?: string;
  dag?: NewDag;
  params?: Record<string, unknown>;
  parallelism?: number;
};

export type SubStep = {
  nodeId: string;
  kind: "agent" | "tool";
  status: "pending" | "queued" | "running" | "waiting" | "completed" | "failed" | "skipped" | "cancelled";
  /** What its run waits for, or `pause` */
  waitingFor: string | null;
  dependsOn: Array<string>;
  /** 0 before the first one */
  attempt: number;
  /** The run of the latest attempt */
  runId: string | null;
  runs: Array<{
    runId: string;
    agentId: string;
    status: "queued" | "running" | "waiting" | "paused" | "completed" | "failed" | "cancelled";
    error: {
      code: string;
      message: string;
    } | null;
    costUsd: number;
    createdAt: string;
  }>;
  /** Its first 16,000 characters; `value` is what a tool gave as data, or what an agent handed in under the `outputSchema` of the node */
  output: {
    text: string;
    value?: unknown;
  } | null;
  error: {
    code: string;
    message: string;
  } | null;
  startedAt: string | null;
  finishedAt: string | null;
};

export type DagStreamItem = {
  /** `execution.…`, `node.…`, or the type of an event of one of its runs */
  event: string;
  /** Where to come back to */
  id?: string;
  data: {
    /** Gapless within the execution, from 1 */
    seq: number;
    type: string;
    /** Of a node or a run, it has `nodeId` and `runId` besides */
    data: Record<string, unknown>;
    speech: string | null;
    at: string;
  };
};

export type WebhookEndpointWithSecret = WebhookEndpoint & {
  /** With which a receiver verifies what it gets (Standard Webhooks). This answer alone has it */
  secret: string;
};

export type WebhookEndpoint = {
  id: string;
  url: string;
  events: Array<string>;
  description: string | null;
  disabled: boolean;
  /** `gone`: it answered 410; `failing`: nothing arrived for five days */
  disabledReason: "byRequest" | "gone" | "failing" | null;
  /** Since when nothing has arrived */
  failingSince: string | null;
  createdAt: string;
  updatedAt: string;
};

export type NewWebhookEndpoint = {
  /** https on its own port, and a public name */
  url: string;
  /** The types of events that it is told of, `*` for all */
  events?: Array<"*" | "run.queued" | "run.started" | "run.waiting" | "run.heldBack" | "run.paused" | "run.resumed" | "run.completed" | "run.failed" | "run.cancelled" | "budget.warning" | "budget.reached" | "message.received" | "message.edited" | "message.withdrawn" | "message.completed" | "model.retrying" | "model.fallback" | "toolCall.retrying" | "toolCall.started" | "toolCall.completed" | "toolCall.failed" | "toolCall.needsReview" | "approval.requested" | "approval.decided" | "approval.expired" | "context.compacted" | "question.asked" | "output.saved" | "plan.updated" | "result.refused" | "file.changed" | "commit.created" | "pullRequest.opened">;
  /** What it is for */
  description?: string | null;
};

export type WebhookEndpointChanges = {
  /** https on its own port, and a public name */
  url?: string;
  /** The types of events that it is told of, `*` for all */
  events?: Array<"*" | "run.queued" | "run.started" | "run.waiting" | "run.heldBack" | "run.paused" | "run.resumed" | "run.completed" | "run.failed" | "run.cancelled" | "budget.warning" | "budget.reached" | "message.received" | "message.edited" | "message.withdrawn" | "message.completed" | "model.retrying" | "model.fallback" | "toolCall.retrying" | "toolCall.started" | "toolCall.completed" | "toolCall.failed" | "toolCall.needsReview" | "approval.requested" | "approval.decided" | "approval.expired" | "context.compacted" | "question.asked" | "output.saved" | "plan.updated" | "result.refused" | "file.changed" | "commit.created" | "pullRequest.opened">;
  /** What it is for */
  description?: string | null;
  disabled?: boolean;
};

export type WebhookDelivery = {
  /** The `webhook-id` of each of its tries */
  id: string;
  type: "webhook.test" | "run.queued" | "run.started" | "run.waiting" | "run.heldBack" | "run.paused" | "run.resumed" | "run.completed" | "run.failed" | "run.cancelled" | "budget.warning" | "budget.reached" | "message.received" | "message.edited" | "message.withdrawn" | "message.completed" | "model.retrying" | "model.fallback" | "toolCall.retrying" | "toolCall.started" | "toolCall.completed" | "toolCall.failed" | "toolCall.needsReview" | "approval.requested" | "approval.decided" | "approval.expired" | "context.compacted" | "question.asked" | "output.saved" | "plan.updated" | "result.refused" | "file.changed" | "commit.created" | "pullRequest.opened";
  /** Null for a test */
  runId: string | null;
  /** The number of the event in its run */
  seq: number | null;
  state: "pending" | "delivered" | "failed";
  attempts: number;
  /** What was last answered; null when nothing was */
  lastStatus: number | null;
  nextAttemptAt: string | null;
  /** The last twenty, oldest first */
  tries: Array<{
    at: string;
    /** Null when no answer came */
    status: number | null;
    /** Why it does not count as delivered */
    error: string | null;
    durationMs: number;
  }>;
  createdAt: string;
};

export type Tool = {
  name: string;
  description: string;
  /** What repeating a call does to the world; the worst of it where calls differ */
  effect: "pure" | "keyed" | "set" | "cas" | "marked";
  /** Whether it shows what is in the repository, or what anybody may have written, and whether a call can take data to where others than the readers of the repository may get it. A run that has read what is private and what is untrusted asks before that */
  trust: {
    readsPrivate: boolean;
    readsUntrusted: boolean;
    egress: boolean;
  };
  /** Whether it runs, asks or is refused where the policies of an agent do not speak of it */
  defaultPolicy: "always" | "ask" | "never";
  /** Whether only an agent that names it gets it */
  onlyByName: boolean;
  /** A JSON Schema */
  inputSchema: Record<string, unknown>;
};

export type McpServer = {
  id: string;
  name: string;
  url: string;
  headerNames: Array<string>;
  trustsHints: boolean;
  toolCount: number;
  /** When it was last asked what it offers */
  fetchedAt: string;
  createdAt: string;
  updatedAt: string;
};

export type NewMcpServer = {
  /** Part of the names of its tools; it stays */
  name: string;
  /** Where it takes MCP over streamable HTTP: https on its own port, and a public name */
  url: string;
  /** Sent with every request; kept sealed and never shown */
  headers?: Record<string, string>;
  /** Whether tools that it calls read-only are believed to be, and may be repeated */
  trustsHints?: boolean;
};

export type McpServerChanges = {
  /** Where it takes MCP over streamable HTTP: https on its own port, and a public name */
  url?: string;
  /** Sent with every request; kept sealed and never shown */
  headers?: Record<string, string> | null;
  /** Whether tools that it calls read-only are believed to be, and may be repeated */
  trustsHints?: boolean;
};

export type McpTool = {
  /** As models and policies call it */
  name: string;
  remoteName: string;
  description: string;
  /** A JSON Schema */
  inputSchema: Record<string, unknown>;
  /** What the server says of it */
  readOnlyHint: boolean;
};

export type McpAnswer = {
  jsonrpc: "2.0";
  id: string | number;
  result?: Record<string, unknown>;
  error?: {
    code: number;
    message: string;
    data?: unknown;
  };
};

export type McpMessage = {
  jsonrpc: "2.0";
  /** Of a request; a notification has none */
  id?: string | number;
  method: string;
  params?: Record<string, unknown>;
};

export type Model = {
  provider: "anthropic" | "openai" | "openrouter" | "ollama";
  model: string;
  /** Whether the provider takes other names as well, on the same terms */
  takesAnyName: boolean;
  /** What an agent gets that names the provider and no model */
  isDefault: boolean;
  /** Whose key its calls are made with; null while there is none, and a run with it would fail */
  paidBy: "you" | "deployment" | null;
  tools: boolean;
  streaming: boolean;
  /** The longest prompt */
  contextTokens: number;
  maxOutputTokens: number;
  price: ModelPrice;
  /** What every token of a longer prompt, and of its answer, costs instead */
  longPrompt: {
    aboveTokens: number;
    price: ModelPrice & unknown;
  } | null;
};

/** At OpenRouter the most that is paid; its own bill counts */
export type ModelPrice = {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
};

export type ProviderKey = {
  provider: string;
  /** The end of the key; no more of it is ever shown */
  lastFour: string;
  createdAt: string;
  updatedAt: string;
};

export type NewProviderKey = {
  key: string;
};

/** What each operation takes and gives. */
export interface Operations {
  /** This contract, as an OpenAPI 3.1 document */
  getContract: {
    input: Record<never, never>;
    answer: Record<string, unknown>;
  };
  /** Whether the API is running */
  getHealth: {
    input: Record<never, never>;
    answer: {
      status: "ok";
    };
  };
  /** Whether everything the API needs answers */
  getReadiness: {
    input: Record<never, never>;
    answer: Readiness;
  };
  /** Whether everything the API needs answers */
  getHealthReadiness: {
    input: Record<never, never>;
    answer: Readiness;
  };
  /** Sign in with the code GitHub gave */
  signIn: {
    input: {
      body: {
        /** What the sign-in began with; it is good once */
        state: string;
        code: string;
        codeVerifier: string;
        /** Where GitHub sends the user back: one of the addresses that the deployment allows, letter by letter */
        redirectUri: string;
      };
    };
    answer: SignedIn;
  };
  /** Replace the tokens */
  refreshTokens: {
    input: {
      body: {
        refreshToken: string;
      };
    };
    answer: Tokens;
  };
  /** End the session */
  signOut: {
    input: {
      body: {
        refreshToken: string;
      };
    };
    answer: undefined;
  };
  /** Link your GitHub account, which repositories need */
  linkGithub: {
    input: {
      body: {
        /** What the sign-in began with; it is good once */
        state: string;
        code: string;
        codeVerifier: string;
        /** Where GitHub sends the user back: one of the addresses that the deployment allows, letter by letter */
        redirectUri: string;
      };
    };
    answer: User;
  };
  /** Who is signed in */
  getUser: {
    input: Record<never, never>;
    answer: User;
  };
  /** Whether you are an employee, by the main e-mail address that you have proved to GitHub */
  isNeonEmployee: {
    input: Record<never, never>;
    answer: Employment;
  };
  /** Who is signed in, what they may spend in a day and have spent today */
  getAccount: {
    input: Record<never, never>;
    answer: Account;
  };
  /** Limit what your runs may cost in a day; those that wait for that go on if there is room now */
  changeAccount: {
    input: {
      body: AccountChanges;
    };
    answer: Account;
  };
  /** List the organisations you are a member of, your personal one first; all are on one page */
  listOrganisations: {
    input: Record<never, never>;
    answer: {
      data: Array<Organisation>;
      nextCursor: string | null;
    };
  };
  /** Make an organisation that you own */
  createOrganisation: {
    input: {
      body: OrganisationName;
    };
    answer: Organisation;
  };
  /** An organisation, and what you are in it */
  getOrganisation: {
    input: {
      path: {
        /** The id of an organisation */
        organisationId: string;
      };
    };
    answer: Organisation;
  };
  /** Change what an organisation is called, and how many of its runs may be at work at once */
  changeOrganisation: {
    input: {
      path: {
        /** The id of an organisation */
        organisationId: string;
      };
      body: OrganisationChanges;
    };
    answer: Organisation;
  };
  /** Remove an organisation that has no agents any more; its audit log stays */
  removeOrganisation: {
    input: {
      path: {
        /** The id of an organisation */
        organisationId: string;
      };
    };
    answer: undefined;
  };
  /** Join an organisation with the token of an invitation, once */
  acceptInvitation: {
    input: {
      body: InvitationToken;
    };
    answer: Organisation;
  };
  /** List the members of an organisation in the order they joined; all are on one page */
  listMembers: {
    input: {
      path: {
        /** The id of an organisation */
        organisationId: string;
      };
    };
    answer: {
      data: Array<Member>;
      nextCursor: string | null;
    };
  };
  /** Change what a member is; owners are made and unmade by owners */
  changeMember: {
    input: {
      path: {
        /** The id of an organisation */
        organisationId: string;
        /** The id of a user */
        userId: string;
      };
      body: MemberChanges;
    };
    answer: Member;
  };
  /** Take a member out of an organisation, or leave it yourself */
  removeMember: {
    input: {
      path: {
        /** The id of an organisation */
        organisationId: string;
        /** The id of a user */
        userId: string;
      };
    };
    answer: undefined;
  };
  /** List the invitations that can still be accepted, newest first; all are on one page */
  listInvitations: {
    input: {
      path: {
        /** The id of an organisation */
        organisationId: string;
      };
    };
    answer: {
      data: Array<Invitation>;
      nextCursor: string | null;
    };
  };
  /** Invite somebody: hand them the token, which is shown once and is good for a week */
  inviteMember: {
    input: {
      path: {
        /** The id of an organisation */
        organisationId: string;
      };
      body: NewInvitation;
    };
    answer: MadeInvitation;
  };
  /** Take an invitation back */
  revokeInvitation: {
    input: {
      path: {
        /** The id of an organisation */
        organisationId: string;
        /** The id of an invitation */
        invitationId: string;
      };
    };
    answer: undefined;
  };
  /** List what was done in the organisation, by whom and from where, newest first */
  listAuditLog: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<AuditEntry>;
      nextCursor: string | null;
    };
  };
  /** Whether the log is as it was written: every hash is made again */
  verifyAuditLog: {
    input: Record<never, never>;
    answer: AuditCheck;
  };
  /** List where you are signed in, newest first */
  listSessions: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<Session>;
      nextCursor: string | null;
    };
  };
  /** Sign out everywhere */
  endSessions: {
    input: {
      query?: {
        /** Stay signed in here */
        except?: "current";
      };
    };
    answer: undefined;
  };
  /** Sign one device out: its tokens are refused and its streams end */
  endSession: {
    input: {
      path: {
        /** The id of a session */
        sessionId: string;
      };
    };
    answer: undefined;
  };
  /** List the organisation's keys that were not revoked, newest first */
  listApiKeys: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<ApiKey>;
      nextCursor: string | null;
    };
  };
  /** Make a key for a program; this answer alone shows it */
  createApiKey: {
    input: {
      body: NewApiKey;
    };
    answer: CreatedApiKey;
  };
  /** What a key may do, and when it was last used */
  getApiKey: {
    input: {
      path: {
        /** The id of an API key */
        apiKeyId: string;
      };
    };
    answer: ApiKey;
  };
  /** Revoke a key; streams that were opened with it end */
  revokeApiKey: {
    input: {
      path: {
        /** The id of an API key */
        apiKeyId: string;
      };
    };
    answer: undefined;
  };
  /** List your repositories on GitHub, last pushed first */
  listRepositories: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<Repository>;
      nextCursor: string | null;
    };
  };
  /** List a repository's branches */
  listBranches: {
    input: {
      path: {
        /** The account that owns it */
        owner: string;
        /** Its name */
        name: string;
      };
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<Branch>;
      nextCursor: string | null;
    };
  };
  /** List your agents, newest first; the archived ones only when asked for */
  listAgents: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
        /** Only those in this state */
        status?: "idle" | "archived" | "queued" | "running" | "waiting" | "paused";
        /** `generator`: those behind jobs, which are not among the others */
        kind?: "agent" | "generator";
        /** Those that work for the nodes of this execution of a DAG, which are not listed else */
        dagExecutionId?: string;
      };
    };
    answer: {
      data: Array<Agent>;
      nextCursor: string | null;
    };
  };
  /** Create an agent and, given a prompt, start its first run */
  createAgent: {
    input: {
      body: NewAgent;
    };
    answer: Agent;
  };
  /** An agent and what it is at */
  getAgent: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
      };
    };
    answer: Agent;
  };
  /** Change what an agent's next run begins with */
  changeAgent: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
      };
      body: AgentChanges;
    };
    answer: Agent;
  };
  /** Archive an agent and cancel its active run */
  archiveAgent: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
      };
    };
    answer: undefined;
  };
  /** Pause what an agent is at */
  pauseAgent: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
      };
    };
    answer: Run;
  };
  /** Resume what an agent is at */
  resumeAgent: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
      };
    };
    answer: Run;
  };
  /** Cancel what an agent is at */
  cancelAgent: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
      };
    };
    answer: Run;
  };
  /** List what an agent was told while it was at work, newest first */
  listMessages: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
      };
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
        /** Only those said while this run was under way */
        runId?: string;
        /** Only those in this state */
        state?: "queued" | "delivered" | "withdrawn";
      };
    };
    answer: {
      data: Array<Message>;
      nextCursor: string | null;
    };
  };
  /** Say something to an agent: an idle one starts on it, a busy one hears it now or does it afterwards */
  sendMessage: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
      };
      body: NewMessage;
    };
    answer: {
      run: Run;
    } | QueuedMessage;
  };
  /** Change a message that the agent has not heard yet */
  editMessage: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
        /** The id of a message */
        messageId: string;
      };
      body: MessageChange;
    };
    answer: Message;
  };
  /** Take back a message that the agent has not heard yet */
  withdrawMessage: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
        /** The id of a message */
        messageId: string;
      };
    };
    answer: undefined;
  };
  /** How much you may say to agents in a day: messages, and the prompts of new ones */
  getMessageLimit: {
    input: Record<never, never>;
    answer: MessageLimit;
  };
  /** Make another agent that goes on where a step of this one ended, on a branch of its own */
  forkAgent: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
      };
      body: NewFork;
    };
    answer: Agent;
  };
  /** What an agent remembers from run to run, by key, or looked for by words; all of it is on one page */
  listMemories: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
      };
      query?: {
        /** Only those with any of these words, or other forms of them, best first */
        q?: string;
      };
    };
    answer: {
      data: Array<Memory>;
      nextCursor: string | null;
    };
  };
  /** What an agent remembers under a key, and who wrote it */
  getMemory: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
        /** What it is remembered by */
        key: string;
      };
    };
    answer: Memory;
  };
  /** Let an agent remember something, in place of what was under the key; its next run is told */
  putMemory: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
        /** What it is remembered by */
        key: string;
      };
      body: NewMemory;
    };
    answer: Memory;
  };
  /** Make an agent forget something; a run under way keeps what it began with */
  forgetMemory: {
    input: {
      path: {
        /** The id of an agent */
        agentId: string;
        /** What it is remembered by */
        key: string;
      };
    };
    answer: undefined;
  };
  /** List your goals, newest first; the archived ones only when asked for */
  listGoals: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
        /** Only those in this state */
        status?: "active" | "paused" | "archived";
      };
    };
    answer: {
      data: Array<Goal>;
      nextCursor: string | null;
    };
  };
  /** Save a prompt that runs of an agent are started from */
  createGoal: {
    input: {
      body: NewGoal;
    };
    answer: Goal;
  };
  /** A goal */
  getGoal: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
      };
    };
    answer: Goal;
  };
  /** Change what a goal's next runs begin with, or pause and resume what it starts by itself */
  changeGoal: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
      };
      body: GoalChanges;
    };
    answer: Goal;
  };
  /** Archive a goal: nothing starts from it any more; its runs go on */
  archiveGoal: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
      };
    };
    answer: undefined;
  };
  /** Start a run of a goal, also while it is paused */
  runGoal: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
      };
      body: GoalRun;
    };
    answer: Run;
  };
  /** Pause a schedule: its slots pass by */
  pauseSchedule: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
        /** The id of a schedule */
        scheduleId: string;
      };
    };
    answer: Schedule;
  };
  /** Let a paused schedule go on from its next slot, its failures forgotten */
  resumeSchedule: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
        /** The id of a schedule */
        scheduleId: string;
      };
    };
    answer: Schedule;
  };
  /** List a goal's schedules, newest first; all are on one page */
  listSchedules: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
      };
    };
    answer: {
      data: Array<Schedule>;
      nextCursor: string | null;
    };
  };
  /** Have runs of a goal start by themselves */
  createSchedule: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
      };
      body: NewSchedule;
    };
    answer: Schedule;
  };
  /** A schedule, and when it is fired next */
  getSchedule: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
        /** The id of a schedule */
        scheduleId: string;
      };
    };
    answer: Schedule;
  };
  /** Change when a schedule is due and what it starts */
  changeSchedule: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
        /** The id of a schedule */
        scheduleId: string;
      };
      body: ScheduleChanges;
    };
    answer: Schedule;
  };
  /** Remove a schedule and the record of its slots; its runs go on */
  removeSchedule: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
        /** The id of a schedule */
        scheduleId: string;
      };
    };
    answer: undefined;
  };
  /** List what became of a schedule's slots in the last 30 days, newest first */
  listSlots: {
    input: {
      path: {
        /** The id of a goal */
        goalId: string;
        /** The id of a schedule */
        scheduleId: string;
      };
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<ScheduleSlot>;
      nextCursor: string | null;
    };
  };
  /** What all agents of the organisation may know, by key, or looked for by words; all of it is on one page */
  listSharedMemories: {
    input: {
      query?: {
        /** Only those with any of these words, or other forms of them, best first */
        q?: string;
      };
    };
    answer: {
      data: Array<Memory>;
      nextCursor: string | null;
    };
  };
  /** A memory of the organisation's, and who wrote it */
  getSharedMemory: {
    input: {
      path: {
        /** What it is remembered by */
        key: string;
      };
    };
    answer: Memory;
  };
  /** Tell all agents of the organisation something, in place of what was under the key; runs to come are told */
  putSharedMemory: {
    input: {
      path: {
        /** What it is remembered by */
        key: string;
      };
      body: NewMemory;
    };
    answer: Memory;
  };
  /** Make the organisation forget something; a run under way keeps what it began with */
  forgetSharedMemory: {
    input: {
      path: {
        /** What it is remembered by */
        key: string;
      };
    };
    answer: undefined;
  };
  /** The memories that stand in the prompt of every step of a run, as they were when it began */
  listRunMemories: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
    };
    answer: {
      data: Array<ToldMemory>;
      nextCursor: string | null;
    };
  };
  /** What a run has handed over so far, by name; all of it is on one page */
  listOutputs: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
    };
    answer: {
      data: Array<Output>;
      nextCursor: string | null;
    };
  };
  /** Pause a run; where that does not apply, nothing changes */
  pauseRun: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
    };
    answer: Run;
  };
  /** Resume a run; where that does not apply, nothing changes */
  resumeRun: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
    };
    answer: Run;
  };
  /** Cancel a run; where that does not apply, nothing changes */
  cancelRun: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
    };
    answer: Run;
  };
  /** List your runs, newest first; those that are jobs only with their agent */
  listRuns: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
        /** Only those of this agent */
        agentId?: string;
        /** Only those of this goal */
        goalId?: string;
        /** Those of the nodes of this execution of a DAG, which are not listed else */
        dagExecutionId?: string;
        /** Those of the sub-agents of this run, which are not listed else */
        parentRunId?: string;
        /** Only those in this state */
        status?: "queued" | "running" | "waiting" | "paused" | "completed" | "failed" | "cancelled";
      };
    };
    answer: {
      data: Array<Run>;
      nextCursor: string | null;
    };
  };
  /** A run and what it has brought so far */
  getRun: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
    };
    answer: Run;
  };
  /** Forget a run that has ended */
  deleteRun: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
    };
    answer: undefined;
  };
  /** List a run's steps in order: what the model said, what it called and what came of that */
  listSteps: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<Step>;
      nextCursor: string | null;
    };
  };
  /** What a run changed: its commits, then the edits that nobody has committed yet */
  getDiff: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
    };
    answer: string;
  };
  /** Raise limits of a run; one that waits for them goes on */
  raiseBudget: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
      body: Budget;
    };
    answer: Run;
  };
  /** Take up a run that failed or was cancelled: its agent's next run goes on from the last step */
  retryRun: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
      body: RunRetry;
    };
    answer: Run;
  };
  /** Generate a backend: starts a job that plans, writes and checks it */
  generateBackend: {
    input: {
      body: NewJob;
    };
    answer: AcceptedJob;
  };
  /** List your jobs, newest first */
  listJobs: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
        /** Only those in this state */
        state?: "waiting" | "active" | "completed" | "failed";
      };
    };
    answer: {
      data: Array<JobSummary>;
      nextCursor: string | null;
    };
  };
  /** A job, how far it has come, and at its end what it made */
  getJob: {
    input: {
      path: {
        /** The id of a job */
        jobId: string;
      };
    };
    answer: Job;
  };
  /** Cancel a job that has not ended, or forget one that has */
  deleteJob: {
    input: {
      path: {
        /** The id of a job */
        jobId: string;
      };
    };
    answer: AcceptedJob | undefined;
  };
  /** What a job has written so far, by path; all of it is on one page */
  listJobFiles: {
    input: {
      path: {
        /** The id of a job */
        jobId: string;
      };
    };
    answer: {
      data: Array<JobFile>;
      nextCursor: string | null;
    };
  };
  /** Push what a completed job made to a new repository; repeating it changes nothing */
  pushJob: {
    input: {
      path: {
        /** The id of a job */
        jobId: string;
      };
      body: NewPush;
    };
    answer: PushedJob;
  };
  /** Follow a run to its end; an `id` is the number of the event */
  followRun: {
    input: {
      path: {
        /** The id of a run */
        runId: string;
      };
      query?: {
        /** The `id` of the last event you know */
        after?: string;
      };
    };
    answer: {
      data: Array<Event>;
      nextCursor: string | null;
    } | undefined;
  };
  /** Get a ticket that opens a stream without a token in its address */
  makeTicket: {
    input: {
      body: NewTicket;
    };
    answer: Ticket;
  };
  /** List what your agents asked you: to be allowed something, or to review what became of it; newest first */
  listApprovals: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
        /** Only those in this state */
        state?: "pending" | "allowed" | "denied" | "expired" | "cancelled";
      };
    };
    answer: {
      data: Array<Approval>;
      nextCursor: string | null;
    };
  };
  /** What an agent asked you, and what you said */
  getApproval: {
    input: {
      path: {
        /** The id of an approval */
        approvalId: string;
      };
    };
    answer: Approval;
  };
  /** Decide it, once; the last decision of a run lets it go on */
  decideApproval: {
    input: {
      path: {
        /** The id of an approval */
        approvalId: string;
      };
      body: Decision;
    };
    answer: Approval;
  };
  /** List the triggers of the organisation, by repository; all are on one page */
  listTriggers: {
    input: Record<never, never>;
    answer: {
      data: Array<Trigger>;
      nextCursor: string | null;
    };
  };
  /** Let agents start by themselves on what happens in a repository */
  createTrigger: {
    input: {
      body: NewTrigger;
    };
    answer: Trigger;
  };
  /** A trigger */
  getTrigger: {
    input: {
      path: {
        /** The id of a trigger */
        triggerId: string;
      };
    };
    answer: Trigger;
  };
  /** Change on what agents start, who may start them, and what they get */
  changeTrigger: {
    input: {
      path: {
        /** The id of a trigger */
        triggerId: string;
      };
      body: TriggerChanges;
    };
    answer: Trigger;
  };
  /** Remove a trigger and the webhook it made; agents that it started go on */
  removeTrigger: {
    input: {
      path: {
        /** The id of a trigger */
        triggerId: string;
      };
    };
    answer: undefined;
  };
  /** List your DAGs, newest first */
  listDags: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<Dag>;
      nextCursor: string | null;
    };
  };
  /** Keep a DAG that was written by hand */
  createDag: {
    input: {
      body: NewDag;
    };
    answer: Dag;
  };
  /** A DAG */
  getDag: {
    input: {
      path: {
        /** The id of a DAG */
        dagId: string;
      };
    };
    answer: Dag;
  };
  /** Change a DAG; executions keep what they began with */
  changeDag: {
    input: {
      path: {
        /** The id of a DAG */
        dagId: string;
      };
      body: DagChanges;
    };
    answer: Dag;
  };
  /** Delete a DAG that has no executions */
  removeDag: {
    input: {
      path: {
        /** The id of a DAG */
        dagId: string;
      };
    };
    answer: undefined;
  };
  /** Let the model plan a DAG for a goal */
  planDag: {
    input: {
      body: DagGoal;
    };
    answer: Dag | DagPlan;
  };
  /** How the planning of a DAG goes */
  getDagPlan: {
    input: {
      path: {
        /** The id of a plan, which is that of its run */
        planId: string;
      };
    };
    answer: DagPlan;
  };
  /** Execute a DAG: one that is kept, or a new one that is kept then */
  executeDag: {
    input: {
      body: DagToExecute;
    };
    answer: DagExecution;
  };
  /** Let a suspended execution go on, or take up a failed one where it failed; what completed is not done again */
  resumeDag: {
    input: {
      path: {
        /** The id of an execution of a DAG */
        executionId: string;
      };
    };
    answer: DagExecution;
  };
  /** List executions of DAGs, newest first */
  listDagExecutions: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
        /** Only those of this DAG */
        dagId?: string;
        /** Only those in this state */
        status?: "queued" | "running" | "waiting" | "suspended" | "completed" | "failed" | "cancelled";
      };
    };
    answer: {
      data: Array<DagExecution>;
      nextCursor: string | null;
    };
  };
  /** An execution of a DAG */
  getDagExecution: {
    input: {
      path: {
        /** The id of an execution of a DAG */
        executionId: string;
      };
    };
    answer: DagExecution;
  };
  /** Delete an execution that is over; its runs stay */
  removeDagExecution: {
    input: {
      path: {
        /** The id of an execution of a DAG */
        executionId: string;
      };
    };
    answer: undefined;
  };
  /** Cancel an execution and all its runs */
  cancelDagExecution: {
    input: {
      path: {
        /** The id of an execution of a DAG */
        executionId: string;
      };
    };
    answer: DagExecution;
  };
  /** Pause an execution: nothing begins, and its runs pause at their next commit */
  pauseDagExecution: {
    input: {
      path: {
        /** The id of an execution of a DAG */
        executionId: string;
      };
    };
    answer: DagExecution;
  };
  /** List the nodes of an execution in the order of the DAG, with their runs and what came of them */
  listSubSteps: {
    input: {
      path: {
        /** The id of an execution of a DAG */
        executionId: string;
      };
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<SubStep>;
      nextCursor: string | null;
    };
  };
  /** List the organisation's webhook endpoints, newest first */
  listWebhookEndpoints: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<WebhookEndpoint>;
      nextCursor: string | null;
    };
  };
  /** Have events of all runs of the organisation sent to an address; this answer alone has the secret */
  createWebhookEndpoint: {
    input: {
      body: NewWebhookEndpoint;
    };
    answer: WebhookEndpointWithSecret;
  };
  /** Where an endpoint is, what it is told of, and whether it fails */
  getWebhookEndpoint: {
    input: {
      path: {
        /** The id of a webhook endpoint */
        webhookEndpointId: string;
      };
    };
    answer: WebhookEndpoint;
  };
  /** Change an endpoint; one that is enabled anew is told of what happens from then on */
  changeWebhookEndpoint: {
    input: {
      path: {
        /** The id of a webhook endpoint */
        webhookEndpointId: string;
      };
      body: WebhookEndpointChanges;
    };
    answer: WebhookEndpoint;
  };
  /** Remove an endpoint and its log; what was on its way is not sent any more */
  removeWebhookEndpoint: {
    input: {
      path: {
        /** The id of a webhook endpoint */
        webhookEndpointId: string;
      };
    };
    answer: undefined;
  };
  /** Give an endpoint a new secret; for 24 hours the old one signs too */
  rotateWebhookSecret: {
    input: {
      path: {
        /** The id of a webhook endpoint */
        webhookEndpointId: string;
      };
    };
    answer: WebhookEndpointWithSecret;
  };
  /** Send an event `webhook.test`, whatever the endpoint is told of */
  testWebhookEndpoint: {
    input: {
      path: {
        /** The id of a webhook endpoint */
        webhookEndpointId: string;
      };
    };
    answer: WebhookDelivery;
  };
  /** List what was sent to an endpoint in the last 30 days and what came of it, newest first */
  listWebhookDeliveries: {
    input: {
      path: {
        /** The id of a webhook endpoint */
        webhookEndpointId: string;
      };
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<WebhookDelivery>;
      nextCursor: string | null;
    };
  };
  /** Send something once more, under the id that it had, and again until it arrives */
  redeliverWebhook: {
    input: {
      path: {
        /** The id of a webhook endpoint */
        webhookEndpointId: string;
        /** The id of a delivery */
        deliveryId: string;
      };
    };
    answer: WebhookDelivery;
  };
  /** List what agents can do */
  listTools: {
    input: Record<never, never>;
    answer: {
      data: Array<Tool>;
      nextCursor: string | null;
    };
  };
  /** Describe a tool */
  getTool: {
    input: {
      path: {
        /** The name of a tool */
        name: string;
      };
    };
    answer: Tool;
  };
  /** List the organisation's remote MCP servers, newest first */
  listMcpServers: {
    input: {
      query?: {
        /** How many items at most, 1 to 100 */
        limit?: number;
        /** `nextCursor` of the page before */
        cursor?: string;
      };
    };
    answer: {
      data: Array<McpServer>;
      nextCursor: string | null;
    };
  };
  /** Make a remote MCP server known, once it has said what it offers; agents that name it get its tools */
  createMcpServer: {
    input: {
      body: NewMcpServer;
    };
    answer: McpServer;
  };
  /** A remote MCP server: where it is and when it was last asked */
  getMcpServer: {
    input: {
      path: {
        /** The id of an MCP server */
        mcpServerId: string;
      };
    };
    answer: McpServer;
  };
  /** Change a server; with another address or other headers it is asked anew what it offers */
  changeMcpServer: {
    input: {
      path: {
        /** The id of an MCP server */
        mcpServerId: string;
      };
      body: McpServerChanges;
    };
    answer: McpServer;
  };
  /** Remove a server, also from the agents that name it */
  removeMcpServer: {
    input: {
      path: {
        /** The id of an MCP server */
        mcpServerId: string;
      };
    };
    answer: undefined;
  };
  /** List what a server offered when it was last asked */
  listMcpTools: {
    input: {
      path: {
        /** The id of an MCP server */
        mcpServerId: string;
      };
    };
    answer: {
      data: Array<McpTool>;
      nextCursor: string | null;
      /** How many more it offers, past what agents are given */
      leftOut: number;
      fetchedAt: string;
    };
  };
  /** Ask a server what it offers now; runs that begin from then on get that */
  refreshMcpServer: {
    input: {
      path: {
        /** The id of an MCP server */
        mcpServerId: string;
      };
    };
    answer: McpServer;
  };
  /** Talk to Cadence as a server of the Model Context Protocol, over streamable HTTP */
  sendMcpMessage: {
    input: {
      body: McpMessage;
    };
    answer: McpAnswer | undefined;
  };
  /** List the models that agents may use, with what they cost */
  listModels: {
    input: Record<never, never>;
    answer: {
      data: Array<Model>;
      nextCursor: string | null;
    };
  };
  /** List your own keys at model providers */
  listProviderKeys: {
    input: Record<never, never>;
    answer: {
      data: Array<ProviderKey>;
      nextCursor: string | null;
    };
  };
  /** Set your own key at a provider, in place of the one before */
  putProviderKey: {
    input: {
      path: {
        /** The name of a model provider */
        provider: string;
      };
      body: NewProviderKey;
    };
    answer: ProviderKey;
  };
  /** Forget your own key at a provider */
  deleteProviderKey: {
    input: {
      path: {
        /** The name of a model provider */
        provider: string;
      };
    };
    answer: undefined;
  };
}

export const OPERATIONS: Readonly<
  Record<keyof Operations, { method: string; path: string; needsToken: boolean }>
> = {
  getContract: { method: 'GET', path: '/api/v1/openapi.json', needsToken: false },
  getHealth: { method: 'GET', path: '/api/v1/health', needsToken: false },
  getReadiness: { method: 'GET', path: '/api/v1/ready', needsToken: false },
  getHealthReadiness: { method: 'GET', path: '/api/v1/health/ready', needsToken: false },
  signIn: { method: 'POST', path: '/api/v1/auth/github', needsToken: false },
  refreshTokens: { method: 'POST', path: '/api/v1/auth/refresh', needsToken: false },
  signOut: { method: 'POST', path: '/api/v1/auth/logout', needsToken: false },
  linkGithub: { method: 'POST', path: '/api/v1/auth/github/link', needsToken: true },
  getUser: { method: 'GET', path: '/api/v1/auth/me', needsToken: true },
  isNeonEmployee: { method: 'GET', path: '/api/v1/auth/is-neon-employee', needsToken: true },
  getAccount: { method: 'GET', path: '/api/v1/me', needsToken: true },
  changeAccount: { method: 'PATCH', path: '/api/v1/me', needsToken: true },
  listOrganisations: { method: 'GET', path: '/api/v1/organisations', needsToken: true },
  createOrganisation: { method: 'POST', path: '/api/v1/organisations', needsToken: true },
  getOrganisation: { method: 'GET', path: '/api/v1/organisations/{organisationId}', needsToken: true },
  changeOrganisation: { method: 'PATCH', path: '/api/v1/organisations/{organisationId}', needsToken: true },
  removeOrganisation: { method: 'DELETE', path: '/api/v1/organisations/{organisationId}', needsToken: true },
  acceptInvitation: { method: 'POST', path: '/api/v1/invitations/accept', needsToken: true },
  listMembers: { method: 'GET', path: '/api/v1/organisations/{organisationId}/members', needsToken: true },
  changeMember: { method: 'PATCH', path: '/api/v1/organisations/{organisationId}/members/{userId}', needsToken: true },
  removeMember: { method: 'DELETE', path: '/api/v1/organisations/{organisationId}/members/{userId}', needsToken: true },
  listInvitations: { method: 'GET', path: '/api/v1/organisations/{organisationId}/invitations', needsToken: true },
  inviteMember: { method: 'POST', path: '/api/v1/organisations/{organisationId}/invitations', needsToken: true },
  revokeInvitation: { method: 'DELETE', path: '/api/v1/organisations/{organisationId}/invitations/{invitationId}', needsToken: true },
  listAuditLog: { method: 'GET', path: '/api/v1/audit-log', needsToken: true },
  verifyAuditLog: { method: 'GET', path: '/api/v1/audit-log/verification', needsToken: true },
  listSessions: { method: 'GET', path: '/api/v1/sessions', needsToken: true },
  endSessions: { method: 'DELETE', path: '/api/v1/sessions', needsToken: true },
  endSession: { method: 'DELETE', path: '/api/v1/sessions/{sessionId}', needsToken: true },
  listApiKeys: { method: 'GET', path: '/api/v1/api-keys', needsToken: true },
  createApiKey: { method: 'POST', path: '/api/v1/api-keys', needsToken: true },
  getApiKey: { method: 'GET', path: '/api/v1/api-keys/{apiKeyId}', needsToken: true },
  revokeApiKey: { method: 'DELETE', path: '/api/v1/api-keys/{apiKeyId}', needsToken: true },
  listRepositories: { method: 'GET', path: '/api/v1/repos', needsToken: true },
  listBranches: { method: 'GET', path: '/api/v1/repos/{owner}/{name}/branches', needsToken: true },
  listAgents: { method: 'GET', path: '/api/v1/agents', needsToken: true },
  createAgent: { method: 'POST', path: '/api/v1/agents', needsToken: true },
  getAgent: { method: 'GET', path: '/api/v1/agents/{agentId}', needsToken: true },
  changeAgent: { method: 'PATCH', path: '/api/v1/agents/{agentId}', needsToken: true },
  archiveAgent: { method: 'DELETE', path: '/api/v1/agents/{agentId}', needsToken: true },
  pauseAgent: { method: 'POST', path: '/api/v1/agents/{agentId}/pause', needsToken: true },
  resumeAgent: { method: 'POST', path: '/api/v1/agents/{agentId}/resume', needsToken: true },
  cancelAgent: { method: 'POST', path: '/api/v1/agents/{agentId}/cancel', needsToken: true },
  listMessages: { method: 'GET', path: '/api/v1/agents/{agentId}/messages', needsToken: true },
  sendMessage: { method: 'POST', path: '/api/v1/agents/{agentId}/messages', needsToken: true },
  editMessage: { method: 'PATCH', path: '/api/v1/agents/{agentId}/messages/{messageId}', needsToken: true },
  withdrawMessage: { method: 'DELETE', path: '/api/v1/agents/{agentId}/messages/{messageId}', needsToken: true },
  getMessageLimit: { method: 'GET', path: '/api/v1/message-limit', needsToken: true },
  forkAgent: { method: 'POST', path: '/api/v1/agents/{agentId}/fork', needsToken: true },
  listMemories: { method: 'GET', path: '/api/v1/agents/{agentId}/memories', needsToken: true },
  getMemory: { method: 'GET', path: '/api/v1/agents/{agentId}/memories/{key}', needsToken: true },
  putMemory: { method: 'PUT', path: '/api/v1/agents/{agentId}/memories/{key}', needsToken: true },
  forgetMemory: { method: 'DELETE', path: '/api/v1/agents/{agentId}/memories/{key}', needsToken: true },
  listGoals: { method: 'GET', path: '/api/v1/goals', needsToken: true },
  createGoal: { method: 'POST', path: '/api/v1/goals', needsToken: true },
  getGoal: { method: 'GET', path: '/api/v1/goals/{goalId}', needsToken: true },
  changeGoal: { method: 'PATCH', path: '/api/v1/goals/{goalId}', needsToken: true },
  archiveGoal: { method: 'DELETE', path: '/api/v1/goals/{goalId}', needsToken: true },
  runGoal: { method: 'POST', path: '/api/v1/goals/{goalId}/run', needsToken: true },
  pauseSchedule: { method: 'POST', path: '/api/v1/goals/{goalId}/schedules/{scheduleId}/pause', needsToken: true },
  resumeSchedule: { method: 'POST', path: '/api/v1/goals/{goalId}/schedules/{scheduleId}/resume', needsToken: true },
  listSchedules: { method: 'GET', path: '/api/v1/goals/{goalId}/schedules', needsToken: true },
  createSchedule: { method: 'POST', path: '/api/v1/goals/{goalId}/schedules', needsToken: true },
  getSchedule: { method: 'GET', path: '/api/v1/goals/{goalId}/schedules/{scheduleId}', needsToken: true },
  changeSchedule: { method: 'PATCH', path: '/api/v1/goals/{goalId}/schedules/{scheduleId}', needsToken: true },
  removeSchedule: { method: 'DELETE', path: '/api/v1/goals/{goalId}/schedules/{scheduleId}', needsToken: true },
  listSlots: { method: 'GET', path: '/api/v1/goals/{goalId}/schedules/{scheduleId}/slots', needsToken: true },
  listSharedMemories: { method: 'GET', path: '/api/v1/memories', needsToken: true },
  getSharedMemory: { method: 'GET', path: '/api/v1/memories/{key}', needsToken: true },
  putSharedMemory: { method: 'PUT', path: '/api/v1/memories/{key}', needsToken: true },
  forgetSharedMemory: { method: 'DELETE', path: '/api/v1/memories/{key}', needsToken: true },
  listRunMemories: { method: 'GET', path: '/api/v1/runs/{runId}/memories', needsToken: true },
  listOutputs: { method: 'GET', path: '/api/v1/runs/{runId}/outputs', needsToken: true },
  pauseRun: { method: 'POST', path: '/api/v1/runs/{runId}/pause', needsToken: true },
  resumeRun: { method: 'POST', path: '/api/v1/runs/{runId}/resume', needsToken: true },
  cancelRun: { method: 'POST', path: '/api/v1/runs/{runId}/cancel', needsToken: true },
  listRuns: { method: 'GET', path: '/api/v1/runs', needsToken: true },
  getRun: { method: 'GET', path: '/api/v1/runs/{runId}', needsToken: true },
  deleteRun: { method: 'DELETE', path: '/api/v1/runs/{runId}', needsToken: true },
  listSteps: { method: 'GET', path: '/api/v1/runs/{runId}/steps', needsToken: true },
  getDiff: { method: 'GET', path: '/api/v1/runs/{runId}/diff', needsToken: true },
  raiseBudget: { method: 'POST', path: '/api/v1/runs/{runId}/budget', needsToken: true },
  retryRun: { method: 'POST', path: '/api/v1/runs/{runId}/retry', needsToken: true },
  generateBackend: { method: 'POST', path: '/api/v1/generate-backend', needsToken: true },
  listJobs: { method: 'GET', path: '/api/v1/jobs', needsToken: true },
  getJob: { method: 'GET', path: '/api/v1/jobs/{jobId}', needsToken: true },
  deleteJob: { method: 'DELETE', path: '/api/v1/jobs/{jobId}', needsToken: true },
  listJobFiles: { method: 'GET', path: '/api/v1/jobs/{jobId}/files', needsToken: true },
  pushJob: { method: 'POST', path: '/api/v1/jobs/{jobId}/push', needsToken: true },
  followRun: { method: 'GET', path: '/api/v1/runs/{runId}/events', needsToken: true },
  makeTicket: { method: 'POST', path: '/api/v1/tickets', needsToken: true },
  listApprovals: { method: 'GET', path: '/api/v1/approvals', needsToken: true },
  getApproval: { method: 'GET', path: '/api/v1/approvals/{approvalId}', needsToken: true },
  decideApproval: { method: 'POST', path: '/api/v1/approvals/{approvalId}', needsToken: true },
  listTriggers: { method: 'GET', path: '/api/v1/triggers', needsToken: true },
  createTrigger: { method: 'POST', path: '/api/v1/triggers', needsToken: true },
  getTrigger: { method: 'GET', path: '/api/v1/triggers/{triggerId}', needsToken: true },
  changeTrigger: { method: 'PATCH', path: '/api/v1/triggers/{triggerId}', needsToken: true },
  removeTrigger: { method: 'DELETE', path: '/api/v1/triggers/{triggerId}', needsToken: true },
  listDags: { method: 'GET', path: '/api/v1/dags', needsToken: true },
  createDag: { method: 'POST', path: '/api/v1/dags', needsToken: true },
  getDag: { method: 'GET', path: '/api/v1/dags/{dagId}', needsToken: true },
  changeDag: { method: 'PATCH', path: '/api/v1/dags/{dagId}', needsToken: true },
  removeDag: { method: 'DELETE', path: '/api/v1/dags/{dagId}', needsToken: true },
  planDag: { method: 'POST', path: '/api/v1/create-dag', needsToken: true },
  getDagPlan: { method: 'GET', path: '/api/v1/dag-plans/{planId}', needsToken: true },
  executeDag: { method: 'POST', path: '/api/v1/execute-dag', needsToken: true },
  resumeDag: { method: 'POST', path: '/api/v1/resume-dag/{executionId}', needsToken: true },
  listDagExecutions: { method: 'GET', path: '/api/v1/dag-executions', needsToken: true },
  getDagExecution: { method: 'GET', path: '/api/v1/dag-executions/{executionId}', needsToken: true },
  removeDagExecution: { method: 'DELETE', path: '/api/v1/dag-executions/{executionId}', needsToken: true },
  cancelDagExecution: { method: 'POST', path: '/api/v1/dag-executions/{executionId}/cancel', needsToken: true },
  pauseDagExecution: { method: 'POST', path: '/api/v1/dag-executions/{executionId}/pause', needsToken: true },
  listSubSteps: { method: 'GET', path: '/api/v1/dag-executions/{executionId}/sub-steps', needsToken: true },
  listWebhookEndpoints: { method: 'GET', path: '/api/v1/webhook-endpoints', needsToken: true },
  createWebhookEndpoint: { method: 'POST', path: '/api/v1/webhook-endpoints', needsToken: true },
  getWebhookEndpoint: { method: 'GET', path: '/api/v1/webhook-endpoints/{webhookEndpointId}', needsToken: true },
  changeWebhookEndpoint: { method: 'PATCH', path: '/api/v1/webhook-endpoints/{webhookEndpointId}', needsToken: true },
  removeWebhookEndpoint: { method: 'DELETE', path: '/api/v1/webhook-endpoints/{webhookEndpointId}', needsToken: true },
  rotateWebhookSecret: { method: 'POST', path: '/api/v1/webhook-endpoints/{webhookEndpointId}/rotate-secret', needsToken: true },
  testWebhookEndpoint: { method: 'POST', path: '/api/v1/webhook-endpoints/{webhookEndpointId}/test', needsToken: true },
  listWebhookDeliveries: { method: 'GET', path: '/api/v1/webhook-endpoints/{webhookEndpointId}/deliveries', needsToken: true },
  redeliverWebhook: { method: 'POST', path: '/api/v1/webhook-endpoints/{webhookEndpointId}/deliveries/{deliveryId}/redeliver', needsToken: true },
  listTools: { method: 'GET', path: '/api/v1/tools', needsToken: true },
  getTool: { method: 'GET', path: '/api/v1/tools/{name}', needsToken: true },
  listMcpServers: { method: 'GET', path: '/api/v1/mcp-servers', needsToken: true },
  createMcpServer: { method: 'POST', path: '/api/v1/mcp-servers', needsToken: true },
  getMcpServer: { method: 'GET', path: '/api/v1/mcp-servers/{mcpServerId}', needsToken: true },
  changeMcpServer: { method: 'PATCH', path: '/api/v1/mcp-servers/{mcpServerId}', needsToken: true },
  removeMcpServer: { method: 'DELETE', path: '/api/v1/mcp-servers/{mcpServerId}', needsToken: true },
  listMcpTools: { method: 'GET', path: '/api/v1/mcp-servers/{mcpServerId}/tools', needsToken: true },
  refreshMcpServer: { method: 'POST', path: '/api/v1/mcp-servers/{mcpServerId}/refresh', needsToken: true },
  sendMcpMessage: { method: 'POST', path: '/api/v1/mcp', needsToken: true },
  listModels: { method: 'GET', path: '/api/v1/models', needsToken: true },
  listProviderKeys: { method: 'GET', path: '/api/v1/provider-keys', needsToken: true },
  putProviderKey: { method: 'PUT', path: '/api/v1/provider-keys/{provider}', needsToken: true },
  deleteProviderKey: { method: 'DELETE', path: '/api/v1/provider-keys/{provider}', needsToken: true },
};
