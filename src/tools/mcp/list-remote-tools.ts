import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import { cutText } from '../../cut-text.ts';
import type { Fetch } from '../../github/send.ts';
import type { McpToolDefinition } from '../../store/mcp-types.ts';
import { type RemoteServer, withServer } from './connect.ts';
import { modelNameOf } from './tool-name.ts';

const TIMEOUT_MS = 15_000;
const MOST_PAGES = 20;
/** Every one of them is read by the model at every step. */
const MOST_TOOLS = 64;
const LONGEST_DESCRIPTION = 2_000;
/** Characters of its schema as JSON. */
const LARGEST_SCHEMA = 8_000;
const LARGEST_LIST = 64_000;

/**
 * Asks a server what it offers, page by page. What does not fit the limits, or would only run as a task, is left out and counted.
 *
 * @throws whatever the SDK throws when the server does not answer as it should
 */
export function listRemoteTools(
  fetch: Fetch,
  server: RemoteServer & { name: string },
  signal: AbortSignal,
): Promise<{ tools: McpToolDefinition[]; leftOut: number }> {
  return withServer(fetch, server, { signal, timeoutMs: TIMEOUT_MS }, async ({ client }) => {
    const found: Tool[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const listed = await client.listTools(cursor === undefined ? {} : { cursor });
      found.push(...listed.tools);
      cursor = listed.nextCursor;
      if (cursor === undefined) break;
    }
    const tools: McpToolDefinition[] = [];
    let size = 0;
    for (const tool of found) {
      const definition = await describe(server.name, tool);
      size += JSON.stringify(definition).length;
      const fits =
        JSON.stringify(definition.inputSchema).length <= LARGEST_SCHEMA &&
        size <= LARGEST_LIST &&
        tools.length < MOST_TOOLS;
      const isNew = !tools.some(({ name }) => name === definition.name);
      if (fits && isNew && tool.execution?.taskSupport !== 'required') tools.push(definition);
    }
    return { tools, leftOut: found.length - tools.length };
  });
}

async function describe(server: string, tool: Tool): Promise<McpToolDefinition> {
  const { $schema: _, ...inputSchema } = tool.inputSchema;
  return {
    name: await modelNameOf(server, tool.name),
    remoteName: tool.name,
    description: cutText(tool.description ?? tool.title ?? tool.name, LONGEST_DESCRIPTION),
    inputSchema,
    readOnlyHint: tool.annotations?.readOnlyHint === true,
  };
}
