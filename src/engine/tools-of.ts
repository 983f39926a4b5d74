import type { ModelTool } from '../models/port.ts';
import type { RunContext } from '../store/runs/history.ts';
import { describeTool, getTool } from '../tools/catalog.ts';
import { remoteTool } from '../tools/mcp/remote-tool.ts';
import type { Tool } from '../tools/tool.ts';

/** The tools of a run, by name: those of ours that it was given, and what remote servers offered when it began. It keeps them to its end (E14). */
export function toolsOf({
  tools,
  mcpServers,
}: Pick<RunContext, 'tools' | 'mcpServers'>): ReadonlyMap<string, Tool> {
  const ours = tools.flatMap((name) => getTool(name) ?? []);
  const remote = mcpServers.flatMap((server) =>
    server.tools.map((definition): Tool => remoteTool(server, definition)),
  );
  return new Map([...ours, ...remote].map((tool) => [tool.name, tool]));
}

/** The same as a model sees them, in the same order each time: its provider keeps what begins alike. */
export const describeToolsOf = (context: Parameters<typeof toolsOf>[0]): ModelTool[] =>
  Array.from(toolsOf(context).values(), describeTool);
