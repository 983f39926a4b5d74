import type { ModelTool } from '../models/port.ts';
import type { RunContext } from '../store/runs/history.ts';
import { describeTool, getTool } from '../tools/catalog.ts';
import { remoteTool } from '../tools/mcp/remote-tool.ts';
import { pushBackend } from '../tools/push-backend.ts';
import { submitDag } from '../tools/submit-dag.ts';
import { submitResult } from '../tools/submit-result.ts';
import type { Tool } from '../tools/tool.ts';

/** The tools of a run, by name: those of ours that it was given, what remote servers offered when it began, and what takes the result that it is held to, or the DAG that it is to plan, and what pushes what it wrote. It keeps them to its end (E14). */
export function toolsOf({
  tools,
  mcpServers,
  outputSchema,
  planning,
  pushTo,
  agentId,
}: Pick<
  RunContext,
  'tools' | 'mcpServers' | 'outputSchema' | 'planning' | 'pushTo' | 'agentId'
>): ReadonlyMap<string, Tool> {
  const ours = tools.flatMap((name) => getTool(name) ?? []);
  const remote = mcpServers.flatMap((server) =>
    server.tools.map((definition): Tool => remoteTool(server, definition)),
  );
  const result = outputSchema === null ? [] : [submitResult(outputSchema)];
  const plan = planning === null ? [] : [submitDag(planning)];
  const push = pushTo === null ? [] : [pushBackend(pushTo, agentId)];
  return new Map([...ours, ...remote, ...result, ...plan, ...push].map((tool) => [tool.name, tool]));
}

/** The same as a model sees them, in the same order each time: its provider keeps what begins alike. */
export const describeToolsOf = (context: Parameters<typeof toolsOf>[0]): ModelTool[] =>
  [...toolsOf(context).values()].filter(({ byEngine }) => !byEngine).map(describeTool);
