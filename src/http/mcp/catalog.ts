import { AGENT_TOOLS } from './agent-tools.ts';
import { RUN_TOOLS } from './run-tools.ts';
import type { McpTool } from './tool.ts';

/** What other assistants can do with Cadence. */
export const MCP_TOOLS: readonly McpTool[] = [...AGENT_TOOLS, ...RUN_TOOLS];
