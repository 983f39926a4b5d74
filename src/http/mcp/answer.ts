import type { z } from '@hono/zod-openapi';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import type { Context } from '../../domain/context.ts';
import { AppError } from '../../domain/errors.ts';
import type { RequestContext } from '../app-env.ts';
import { answerError, problemSchema } from '../errors.ts';
import { outlive } from '../outlive.ts';
import type { messageSchema } from '../routes/mcp.ts';
import { scoped } from '../scoped.ts';
import { MCP_TOOLS } from './catalog.ts';
import { annotationsOf, type McpTool } from './tool.ts';

const INSTRUCTIONS = `Cadence runs coding agents in the cloud. create_agent with a prompt (and a repository) starts one; follow_run says what happens, until run.finishedAt is set.
When a run waits for an approval, show its exact arguments to your user and decide_approval as they say; when it has a question, send_message answers it.
Changes are in get_diff, the pull request in the result of get_run. What is refused comes with a stable code.`;

/** Clients that we serve send us no forms, which is all that the SDK would validate. Its default writes code at run time, which workerd forbids. */
const NO_FORMS = {
  getValidator() {
    throw new Error('no form was sent');
  },
};

/**
 * Answers one message: a server of the official SDK that lives as long as the request.
 *
 * @returns the answer to a request; null for a notification
 * @throws {AppError} malformedRequest for what is no message of the protocol
 */
export async function answerMcp(
  c: RequestContext,
  context: Context,
  message: z.output<typeof messageSchema>,
  version: string | undefined,
): Promise<unknown> {
  // Only an act of a tool is put down in the log of the organisation.
  c.set('act', null);
  const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
  const server = serverFor(c, context);
  await server.connect(transport);
  try {
    const headers = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(version === undefined ? {} : { 'mcp-protocol-version': version }),
    };
    const request = new Request(c.req.url, { method: 'POST', headers });
    const response = await transport.handleRequest(request, { parsedBody: message });
    if (!response.ok) {
      throw new AppError('malformedRequest', 'The body is no message of the Model Context Protocol.');
    }
    return response.status === 202 ? null : response.json();
  } finally {
    await server.close();
  }
}

function serverFor(c: RequestContext, context: Context): Server {
  const server = new Server(
    { name: 'cadence', title: 'Cadence', version: '1.0.0' },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS, jsonSchemaValidator: NO_FORMS },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: MCP_TOOLS.map(describe) }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
    const tool = MCP_TOOLS.find(({ name }) => name === params.name);
    if (tool === undefined) throw new McpError(ErrorCode.InvalidParams, `There is no tool "${params.name}".`);
    return outlive(c, carryOut(c, context, tool, params.arguments ?? {}));
  });
  return server;
}

const describe = ({ name, title, description, inputSchema, effect }: McpTool) => ({
  name,
  title,
  description,
  inputSchema,
  annotations: annotationsOf({ title, effect }),
});

/** A refusal is a result like any other, which the model reads: the problem that the route would answer. */
async function carryOut(
  c: RequestContext,
  context: Context,
  tool: McpTool,
  given: Record<string, unknown>,
): Promise<CallToolResult> {
  const acts = tool.effect !== 'reads';
  const object = { tool: tool.name, ...idsIn(given) };
  try {
    const call = {
      context: scoped(c, context),
      actor: c.get('actor'),
      until: c.get('tokenExpiresAt'),
      signal: c.req.raw.signal,
    };
    const result = await tool.call(call, given);
    if (acts) c.set('act', { status: 200, object: { ...object, ...madeIn(tool, result) } });
    return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: { ...result } };
  } catch (error) {
    const response = answerError(error, c, context);
    if (response.status === 403) c.set('act', { status: 403, object });
    const problem = problemSchema.parse(await response.json());
    const errors = problem.errors?.map(({ field, message }) => ({ field: inArguments(field), message }));
    const told = { ...problem, detail: inArguments(problem.detail), ...(errors ? { errors } : {}) };
    return {
      isError: true,
      content: [{ type: 'text', text: JSON.stringify(told) }],
      structuredContent: told,
    };
  }
}

/** A verb names the part of a request that was wrong; here all of it came as arguments. */
const inArguments = (text: string) => text.replaceAll(/\b(?:body|query|path)\.(?=\w)/g, 'arguments.');

/** Whom a call is about. */
const idsIn = (given: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      /^\w+Id$/.test(name) && typeof value === 'string' ? [[name, value.slice(0, 100)]] : [],
    ),
  );

const madeIn = ({ effect }: McpTool, result: object): Record<string, string> =>
  effect === 'adds' && 'id' in result && typeof result.id === 'string' ? { created: result.id } : {};
