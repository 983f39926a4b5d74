import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { changeMcpServer, refreshMcpServer } from '../../domain/mcp-servers/change-mcp-server.ts';
import { createMcpServer } from '../../domain/mcp-servers/create-mcp-server.ts';
import { getMcpServer } from '../../domain/mcp-servers/get-mcp-server.ts';
import { listMcpServers } from '../../domain/mcp-servers/list-mcp-servers.ts';
import { listMcpTools } from '../../domain/mcp-servers/list-mcp-tools.ts';
import { removeMcpServer } from '../../domain/mcp-servers/remove-mcp-server.ts';
import { needs } from '../access.ts';
import {
  BODY_PROBLEMS,
  created,
  createRoute,
  json,
  jsonBody,
  problems,
  router,
  TOKEN_PROBLEMS,
} from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listOf, listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { within } from '../within.ts';

const tags: ['mcp'] = ['mcp'];
const params = z.object({ mcpServerId: inPath.mcpServerId });

const url = z.string().min(1).max(2_000).openapi({
  description: 'Where it takes MCP over streamable HTTP: https on its own port, and a public name',
  example: 'https://mcp.example.com/mcp',
});
const headers = z.record(z.string().max(100), z.string().max(2_000)).openapi({
  description: 'Sent with every request; kept sealed and never shown',
  example: { Authorization: 'Bearer …' },
});
const trustsHints = z.boolean().openapi({
  description: 'Whether tools that it calls read-only are believed to be, and may be repeated',
});

const serverSchema = z
  .object({
    id: z.string().openapi({ example: 'mcp_01h455vb4pex5vsknk084sn02q' }),
    name: z.string(),
    url: z.string(),
    headerNames: z.array(z.string()),
    trustsHints: z.boolean(),
    toolCount: z.int(),
    fetchedAt: z.iso.datetime().openapi({ description: 'When it was last asked what it offers' }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('McpServer');

const remoteToolSchema = z
  .object({
    name: z.string().openapi({
      description: 'As models and policies call it',
      example: 'mcp__tracker__create_ticket',
    }),
    remoteName: z.string(),
    description: z.string(),
    inputSchema: z.record(z.string(), z.unknown()).openapi({ description: 'A JSON Schema' }),
    readOnlyHint: z.boolean().openapi({ description: 'What the server says of it' }),
  })
  .openapi('McpTool');

const createServerRoute = createRoute({
  method: 'post',
  path: '/mcp-servers',
  operationId: 'createMcpServer',
  tags,
  summary:
    'Make a remote MCP server known, once it has said what it offers; agents that name it get its tools',
  ...needs('manage'),
  request: {
    body: jsonBody(
      z
        .strictObject({
          name: z
            .string()
            .regex(
              /^[a-z0-9](?:[a-z0-9]|-(?!-)){0,29}$/,
              'lower-case letters, digits and hyphens, at most 30',
            )
            .openapi({ description: 'Part of the names of its tools; it stays', example: 'tracker' }),
          url,
          headers: headers.default({}),
          trustsHints: trustsHints.default(false),
        })
        .openapi('NewMcpServer'),
    ),
  },
  responses: {
    201: created(serverSchema, 'The server'),
    ...problems('mcpServerExists', 'mcpServersFull', 'mcpServerFailed', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const listServersRoute = createRoute({
  method: 'get',
  path: '/mcp-servers',
  operationId: 'listMcpServers',
  tags,
  summary: "List the organisation's remote MCP servers, newest first",
  ...needs('read'),
  request: { query: listQuery },
  responses: {
    200: json(listOf(serverSchema), 'A page of servers'),
    ...problems('validationFailed', ...TOKEN_PROBLEMS),
  },
});

const getServerRoute = createRoute({
  method: 'get',
  path: '/mcp-servers/{mcpServerId}',
  operationId: 'getMcpServer',
  tags,
  summary: 'A remote MCP server: where it is and when it was last asked',
  ...needs('read'),
  request: { params },
  responses: { 200: json(serverSchema, 'The server'), ...problems('notFound', ...TOKEN_PROBLEMS) },
});

const changeServerRoute = createRoute({
  method: 'patch',
  path: '/mcp-servers/{mcpServerId}',
  operationId: 'changeMcpServer',
  tags,
  summary: 'Change a server; with another address or other headers it is asked anew what it offers',
  ...needs('manage'),
  request: {
    params,
    body: jsonBody(
      z
        .strictObject({
          url: url.optional(),
          headers: headers.nullable().optional(),
          trustsHints: trustsHints.optional(),
        })
        .openapi('McpServerChanges'),
    ),
  },
  responses: {
    200: json(serverSchema, 'The server'),
    ...problems('notFound', 'mcpServerFailed', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const removeServerRoute = createRoute({
  method: 'delete',
  path: '/mcp-servers/{mcpServerId}',
  operationId: 'removeMcpServer',
  tags,
  summary: 'Remove a server, also from the agents that name it',
  ...needs('manage'),
  request: { params },
  responses: {
    204: { description: 'No agent reaches it any more' },
    ...problems('notFound', ...TOKEN_PROBLEMS),
  },
});

const listToolsRoute = createRoute({
  method: 'get',
  path: '/mcp-servers/{mcpServerId}/tools',
  operationId: 'listMcpTools',
  tags,
  summary: 'List what a server offered when it was last asked',
  ...needs('read'),
  request: { params },
  responses: {
    200: json(
      listOf(remoteToolSchema).extend({
        leftOut: z.int().openapi({ description: 'How many more it offers, past what agents are given' }),
        fetchedAt: z.iso.datetime(),
      }),
      'Its tools, on one page',
    ),
    ...problems('notFound', ...TOKEN_PROBLEMS),
  },
});

const refreshServerRoute = createRoute({
  method: 'post',
  path: '/mcp-servers/{mcpServerId}/refresh',
  operationId: 'refreshMcpServer',
  tags,
  summary: 'Ask a server what it offers now; runs that begin from then on get that',
  ...needs('manage'),
  request: { params },
  responses: {
    200: json(serverSchema, 'The server'),
    ...problems('notFound', 'mcpServerFailed', ...TOKEN_PROBLEMS),
  },
});

/** Remote servers whose tools agents may use. */
export const mcpServers = (context: Context) =>
  router()
    .openapi(createServerRoute, async (c) => {
      const input = { organisationId: c.get('actor').organisationId, ...c.req.valid('json') };
      const server = await outlive(c, createMcpServer(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/mcp-servers/${server.id}`);
      return c.json(server, 201);
    })
    .openapi(listServersRoute, async (c) => {
      const page = within(c, rowsAsked(c.req.valid('query')));
      return c.json(rowsFound(await listMcpServers(context, page)), 200);
    })
    .openapi(getServerRoute, async (c) =>
      c.json(await getMcpServer(context, within(c, c.req.valid('param'))), 200),
    )
    .openapi(changeServerRoute, async (c) => {
      const changes = c.req.valid('json');
      return c.json(
        await outlive(c, changeMcpServer(scoped(c, context), within(c, c.req.valid('param')), changes)),
        200,
      );
    })
    .openapi(removeServerRoute, async (c) => {
      await removeMcpServer(context, within(c, c.req.valid('param')));
      return c.body(null, 204);
    })
    .openapi(listToolsRoute, async (c) => {
      const { tools, leftOut, fetchedAt } = await listMcpTools(context, within(c, c.req.valid('param')));
      return c.json({ data: tools, nextCursor: null, leftOut, fetchedAt }, 200);
    })
    .openapi(refreshServerRoute, async (c) =>
      c.json(await outlive(c, refreshMcpServer(scoped(c, context), within(c, c.req.valid('param')))), 200),
    );
