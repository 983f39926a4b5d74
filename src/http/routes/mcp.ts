import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { AppError } from '../../domain/errors.ts';
import { needs } from '../access.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';

const tags: ['mcp'] = ['mcp'];
const PATH = '/mcp';

/** Versions of the protocol that the SDK speaks. A test holds the list to it: to import it here would load the SDK at start-up. */
export const PROTOCOL_VERSIONS = [
  '2025-11-25',
  '2025-06-18',
  '2025-03-26',
  '2024-11-05',
  '2024-10-07',
] as const;

const rpcId = z.union([z.string().max(200), z.int()]);

/** A server that keeps nothing asks its clients nothing, so that no answers come. Several messages at once left the protocol in 2025-06-18. */
export const messageSchema = z
  .strictObject({
    jsonrpc: z.literal('2.0'),
    id: rpcId.optional().openapi({ description: 'Of a request; a notification has none' }),
    method: z.string().max(200).openapi({ example: 'tools/call' }),
    params: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('McpMessage');

const answerSchema = z
  .object({
    jsonrpc: z.literal('2.0'),
    id: rpcId,
    result: z.record(z.string(), z.unknown()).optional(),
    error: z.object({ code: z.int(), message: z.string(), data: z.unknown().optional() }).optional(),
  })
  .openapi('McpAnswer');

const sendMcpMessageRoute = createRoute({
  method: 'post',
  path: PATH,
  operationId: 'sendMcpMessage',
  tags,
  summary: 'Talk to Cadence as a server of the Model Context Protocol, over streamable HTTP',
  description:
    'One JSON-RPC message a request; every one stands for itself and is answered as JSON. There are no sessions and no stream to open: GET and DELETE are answered 405. Each tool needs the permission that its route needs; what a tool refuses is told in its result, with the `code` that the route would answer.',
  ...needs('read'),
  request: {
    headers: z.object({
      'mcp-protocol-version': z
        .enum(PROTOCOL_VERSIONS)
        .optional()
        .openapi({ description: 'The version that the client and we agreed on' }),
    }),
    body: jsonBody(messageSchema),
  },
  responses: {
    200: json(answerSchema, 'The answer to a request'),
    202: { description: 'A notification was taken' },
    ...problems('originRefused', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

/** The same verbs for other assistants. Tools, and the SDK, are loaded when the first client comes. */
export const mcp = (context: Context) =>
  router()
    .openapi(sendMcpMessageRoute, async (c) => {
      const { answerMcp } = await import('../mcp/answer.ts');
      const version = c.req.valid('header')['mcp-protocol-version'];
      const answer = await answerMcp(c, context, c.req.valid('json'), version);
      return answer === null ? c.body(null, 202) : c.json(answerSchema.parse(answer), 200);
    })
    .all(PATH, (c) => {
      c.header('allow', 'POST');
      throw new AppError(
        'methodNotAllowed',
        'Send messages as POST. There is no stream to open and no session to end.',
      );
    });
