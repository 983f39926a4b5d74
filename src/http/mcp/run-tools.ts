import { z } from '@hono/zod-openapi';
import { cutText } from '../../cut-text.ts';
import { DECISIONS, decideApproval } from '../../domain/approvals/decide-approval.ts';
import { listApprovals } from '../../domain/approvals/list-approvals.ts';
import { controlRun, RUN_ACTIONS } from '../../domain/runs/control-run.ts';
import { diffRun } from '../../domain/runs/diff-run.ts';
import { getRun } from '../../domain/runs/get-run.ts';
import { listRuns } from '../../domain/runs/list-runs.ts';
import { listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { approvalState, decisionSchema } from '../routes/approvals.ts';
import { runStatuses, SAID } from '../routes/run-schema.ts';
import { awaitNews, LONGEST_WAIT_SECONDS } from './await-news.ts';
import { mcpTool } from './tool.ts';

const byId = z.strictObject({ runId: inPath.runId });
/** In characters. What is longer is for `GET /runs/{runId}/diff`. */
const LONGEST_DIFF = 100_000;

/** What becomes of what agents were asked, and how it is steered. */
export const RUN_TOOLS = [
  mcpTool({
    name: 'list_runs',
    title: 'List runs',
    description: 'Executions of agents, newest first.',
    permission: 'read',
    effect: 'reads',
    input: listQuery
      .extend({ agentId: inPath.agentId.optional(), status: z.enum(runStatuses).optional() })
      .strict(),
    call: async ({ context, actor: { organisationId } }, query) =>
      rowsFound(await listRuns(context, { organisationId, ...rowsAsked(query) })),
  }),
  mcpTool({
    name: 'get_run',
    title: 'Look at a run',
    description:
      'The state of a run: what it waits for, the question it has asked, what it cost, and its result (summary, branch, commits, pull request).',
    permission: 'read',
    effect: 'reads',
    input: byId,
    call: ({ context, actor: { organisationId } }, { runId }) => getRun(context, { organisationId, runId }),
  }),
  mcpTool({
    name: 'follow_run',
    title: 'Follow a run',
    description:
      'What has happened in a run behind `after`; with nothing new, waits for it. Call it again with the `cursor` of the answer until `run.finishedAt` is set.',
    permission: 'read',
    effect: 'reads',
    input: byId.extend({
      after: z
        .int()
        .min(0)
        .max(2_147_483_647)
        .default(0)
        .openapi({ description: 'The `cursor` of the answer before' }),
      waitSeconds: z
        .int()
        .min(0)
        .max(LONGEST_WAIT_SECONDS)
        .default(LONGEST_WAIT_SECONDS)
        .openapi({ description: 'How long to wait for news at most' }),
    }),
    call: awaitNews,
  }),
  mcpTool({
    name: 'get_diff',
    title: 'See what a run changed',
    description: 'The changes of a run as a unified diff: its commits, then what it has not committed yet.',
    permission: 'read',
    effect: 'reads',
    input: byId,
    async call({ context, actor: { organisationId }, signal }, { runId }) {
      const diff = await diffRun(context, { organisationId, runId, signal });
      return { diff: cutText(diff, LONGEST_DIFF), isComplete: diff.length <= LONGEST_DIFF };
    },
  }),
  ...RUN_ACTIONS.map((action) =>
    mcpTool({
      name: `${action}_run`,
      title: `${SAID[action]} a run`,
      description: `${SAID[action]}s a run, whatever state it is in; one that is at work heeds it shortly. Where it does not apply nothing changes.`,
      permission: 'write',
      effect: action === 'cancel' ? 'decides' : 'sets',
      input: byId,
      call: ({ context, actor: { organisationId } }, { runId }) =>
        controlRun(context, { organisationId, runId, action }),
    }),
  ),
  mcpTool({
    name: 'list_approvals',
    title: 'List approvals',
    description:
      'What agents ask before they do it, with the exact arguments, and calls of which nobody knows whether they took effect; newest first. Only the open ones unless another state is named.',
    permission: 'read',
    effect: 'reads',
    input: listQuery.extend({ state: approvalState.default('pending') }).strict(),
    call: async ({ context, actor: { organisationId } }, query) =>
      rowsFound(await listApprovals(context, { organisationId, ...rowsAsked(query) })),
  }),
  mcpTool({
    name: 'decide_approval',
    title: 'Decide an approval',
    description: `Lets an agent do what it asked for, or not; ask your user first. ${DECISIONS.approval.join(' or ')} for an approval, ${DECISIONS.review.join(' or ')} for a review.`,
    permission: 'approve',
    effect: 'decides',
    input: decisionSchema.extend({ approvalId: inPath.approvalId }),
    call: ({ context, actor: { organisationId } }, input) =>
      decideApproval(context, { organisationId, ...input }),
  }),
];
