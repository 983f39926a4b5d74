import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { cutText } from '../../cut-text.ts';
import type { McpToolDefinition, ReachedMcpServer } from '../../store/mcp-types.ts';
import { frame } from '../frame.ts';
import { failure, OutcomeUnknown, type Tool, type ToolContext, type ToolResult } from '../tool.ts';
import { NotConnected, type RemoteServer, withServer } from './connect.ts';

const TIMEOUT_MS = 60_000;
const LONGEST_REASON = 500;

/** The schema is the server's, which checks what it is sent. */
const input = z.record(z.string(), z.unknown());
type Input = z.infer<typeof input>;

/**
 * A tool of a remote server. Nobody here knows what it does: it asks, it counts as reading and sending anything, and a call
 * whose answer is lost is for the user to judge. What a server says of its tools makes a difference only where its organisation
 * trusts it: then one that is called read-only may be repeated.
 */
export function remoteTool(server: ReachedMcpServer, definition: McpToolDefinition): Tool<Input> {
  const { name, remoteName, description, inputSchema, readOnlyHint } = definition;
  const isRead = server.trustsHints && readOnlyHint;
  return {
    name,
    description,
    effect: isRead ? 'pure' : 'marked',
    defaultPolicy: 'ask',
    trust: { readsPrivate: true, readsUntrusted: true, egress: true },
    input,
    inputSchema,
    subject: () => `${remoteName} at ${server.name}`,

    async run(context, given) {
      const at = await reach(context, server);
      if ('problem' in at) return failure(at.problem);
      try {
        return await call(context, at, remoteName, given);
      } catch (error) {
        context.signal.throwIfAborted();
        if (error instanceof NotConnected) {
          return failure(
            `The MCP server ${server.name} does not answer as it should. Nothing was done there.`,
          );
        }
        const told = await whatIsKnown(error, server.name);
        if (told.isAnswer) return failure(told.message);
        if (isRead) return failure(`${told.message} Try again later or go on without it.`);
        throw new OutcomeUnknown(told.message, { cause: error });
      }
    },
  };
}

async function reach(
  { openHeaders }: ToolContext,
  { id, name, url, sealedHeaders }: ReachedMcpServer,
): Promise<RemoteServer | { problem: string }> {
  if (url === null) return { problem: `The MCP server ${name} was removed.` };
  const headers = sealedHeaders === null ? {} : await openHeaders(id, sealedHeaders);
  return headers ? { url, headers } : { problem: `The headers of the MCP server ${name} cannot be opened.` };
}

const call = (
  { fetch, signal }: ToolContext,
  server: RemoteServer,
  name: string,
  given: Input,
): Promise<ToolResult> =>
  withServer(fetch, server, { signal, timeoutMs: TIMEOUT_MS }, async ({ client, isOverlong }) => {
    try {
      const { CallToolResultSchema } = await import('@modelcontextprotocol/sdk/types.js');
      const params = { name, arguments: given };
      const options = { timeout: TIMEOUT_MS, signal };
      return report(await client.request({ method: 'tools/call', params }, CallToolResultSchema, options));
    } catch (error) {
      if (!isOverlong()) throw error;
      return failure('It was carried out, but its answer is too long to be read. Look before you repeat it.');
    }
  });

function textOf(block: CallToolResult['content'][number]): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type} ${cutText(block.mimeType, 100)}, left out]`;
    case 'resource_link':
      return `[resource ${block.uri}]`;
    case 'resource':
      return 'text' in block.resource ? block.resource.text : `[resource ${block.resource.uri}, left out]`;
  }
}

function report({ content, structuredContent, isError }: CallToolResult): ToolResult {
  const parts = content.map(textOf);
  // A server that sends both has written the same twice.
  if (parts.length === 0 && structuredContent) parts.push(JSON.stringify(structuredContent));
  const text = parts.join('\n');
  const output = text === '' ? 'It answered nothing.' : frame(text, false);
  return { output, ...(isError ? { isError } : {}) };
}

/** Whether a failure is the server's answer, after which nothing is open, or leaves it open what became of the call. */
async function whatIsKnown(error: unknown, server: string): Promise<{ isAnswer: boolean; message: string }> {
  const [{ ErrorCode, McpError }, { StreamableHTTPError }] = await Promise.all([
    import('@modelcontextprotocol/sdk/types.js'),
    import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
  ]);
  const lost = { isAnswer: false, message: `No answer came from the MCP server ${server}.` };
  if (error instanceof McpError) {
    const isOurs = error.code === ErrorCode.RequestTimeout || error.code === ErrorCode.ConnectionClosed;
    return isOurs ? lost : { isAnswer: true, message: frame(cutText(error.message, LONGEST_REASON), false) };
  }
  if (error instanceof StreamableHTTPError && error.code !== undefined && error.code >= 300) {
    const message = `The MCP server ${server} answered ${error.code}.`;
    return { isAnswer: error.code < 500, message };
  }
  return lost;
}
