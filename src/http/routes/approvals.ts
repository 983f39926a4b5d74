import { z } from '@hono/zod-openapi';
import { DECISIONS, decideApproval } from '../../domain/approvals/decide-approval.ts';
import { getApproval } from '../../domain/approvals/get-approval.ts';
import { listApprovals } from '../../domain/approvals/list-approvals.ts';
import type { Context } from '../../domain/context.ts';
import { needs } from '../access.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listOf, listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { someText } from '../text.ts';
import { within } from '../within.ts';

const tags: ['approvals'] = ['approvals'];
const params = z.object({ approvalId: inPath.approvalId });

export const approvalState = z.enum(['pending', 'allowed', 'denied', 'expired', 'cancelled']);

const approvalSchema = z
  .object({
    id: z.string().openapi({ example: 'approval_01h455vb4pex5vsknk084sn02q' }),
    agentId: z.string(),
    runId: z.string(),
    parentRunId: z
      .string()
      .nullable()
      .openapi({ description: 'The run that delegated to this one, if a sub-agent asks' }),
    toolCallId: z.string(),
    kind: z.enum(['approval', 'review']).openapi({
      description:
        'An approval lets a call run. A review says what to do about one that was sent and of which nobody knows whether it took effect.',
    }),
    stepNo: z.int(),
    tool: z.string().openapi({ example: 'commit' }),
    arguments: z.record(z.string(), z.unknown()),
    argumentsSha256: z
      .string()
      .openapi({ description: 'Of the arguments as JSON with sorted keys, in hexadecimal' }),
    state: approvalState.openapi({
      description: 'Of a review, allowed means sent again and denied means left as it is',
    }),
    because: z.enum(['policy', 'workflow', 'egress']).nullable().openapi({
      description:
        "Why it was asked: the policy of the agent, a file that the repository's own machines would run, or (`egress`) data that would leave an agent which has read what is private and what strangers wrote. Null for a review",
    }),
    reason: z.string().nullable(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    decidedAt: z.iso.datetime().nullable(),
  })
  .openapi('Approval');

export const decisionSchema = z
  .strictObject({
    decision: z.enum([...DECISIONS.approval, ...DECISIONS.review]).openapi({
      description: '`allow` or `deny` an approval; `sendAgain` or `leave` a review',
    }),
    reason: someText(2_000).optional().openapi({ description: 'Told to the agent with `deny` and `leave`' }),
    argumentsSha256: z
      .string()
      .max(64)
      .optional()
      .openapi({ description: 'What you saw; refused when the approval is for other arguments' }),
  })
  .openapi('Decision');

const listApprovalsRoute = createRoute({
  method: 'get',
  path: '/approvals',
  operationId: 'listApprovals',
  tags,
  summary:
    'List what your agents asked you: to be allowed something, or to review what became of it; newest first',
  ...needs('read'),
  request: {
    query: listQuery.extend({
      state: approvalState.optional().openapi({ description: 'Only those in this state' }),
    }),
  },
  responses: {
    200: json(listOf(approvalSchema), 'A page of approvals'),
    ...problems('validationFailed', ...TOKEN_PROBLEMS),
  },
});

const getApprovalRoute = createRoute({
  method: 'get',
  path: '/approvals/{approvalId}',
  operationId: 'getApproval',
  tags,
  summary: 'What an agent asked you, and what you said',
  ...needs('read'),
  request: { params },
  responses: { 200: json(approvalSchema, 'The approval'), ...problems('notFound', ...TOKEN_PROBLEMS) },
});

const decideApprovalRoute = createRoute({
  method: 'post',
  path: '/approvals/{approvalId}',
  operationId: 'decideApproval',
  tags,
  summary: 'Decide it, once; the last decision of a run lets it go on',
  ...needs('approve'),
  request: { params, body: jsonBody(decisionSchema) },
  responses: {
    200: json(approvalSchema, 'The approval as decided'),
    ...problems('notFound', 'approvalClosed', 'decisionUnfit', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

/** What agents may not do before their user says so. */
export const approvals = (context: Context) =>
  router()
    .openapi(listApprovalsRoute, async (c) => {
      const page = within(c, rowsAsked(c.req.valid('query')));
      return c.json(rowsFound(await listApprovals(context, page)), 200);
    })
    .openapi(getApprovalRoute, async (c) => {
      const { approvalId } = c.req.valid('param');
      return c.json(
        await getApproval(context, { organisationId: c.get('actor').organisationId, approvalId }),
        200,
      );
    })
    .openapi(decideApprovalRoute, async (c) => {
      const input = {
        ...c.req.valid('json'),
        ...c.req.valid('param'),
        organisationId: c.get('actor').organisationId,
      };
      return c.json(await outlive(c, decideApproval(context, input)), 200);
    });
