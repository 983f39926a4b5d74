import type { z } from 'zod';
import { cutText } from '../cut-text.ts';
import { readChildren } from '../store/dag/parent.ts';
import { DEEPEST, MOST_CHILDREN, type NewChild, waitForChildren } from '../store/runs/children.ts';
import type { RunContext } from '../store/runs/history.ts';
import type { Moved } from '../store/runs/move.ts';
import { DELEGATE, delegateInput, toolsUnknown } from '../tools/delegate.ts';
import { remoteTool } from '../tools/mcp/remote-tool.ts';
import { CANCELLED, PAUSED, WAITS_FOR_CHILDREN } from './announce.ts';
import { type Call, refusalOf } from './carry-out.ts';
import { ENGINE_VERSION, type Engine } from './engine.ts';
import type { Step } from './step.ts';
import { toolsOf } from './tools-of.ts';
import type { Work } from './work.ts';
import { accepted, fence } from './write.ts';

const LONGEST_NAME = 100;

/**
 * Sees to the calls of a planned step that give work to sub-agents, before any other of its calls: makes them all at once and lets the
 * run wait for them, or reads what came of them. They begin when the run's followers are told.
 *
 * @returns the run as it waits; null when the calls can be carried out
 * @throws {LeaseLost} when the run was taken over
 */
export async function delegate(
  engine: Engine,
  work: Work,
  { row }: Step,
  calls: readonly Call[],
): Promise<Moved | null> {
  // A run that is at work has been told of their end: until then it waits or is paused.
  if (work.context.childExecutionId !== null) {
    const outcomes = await readChildren(engine.db, work.context.childExecutionId);
    work.children = new Map(outcomes.map((outcome) => [outcome.toolCallId, outcome]));
    return null;
  }
  if (work.heartbeat.run.aborted) return null;
  const children = await childrenOf(work, calls);
  if (children.length === 0) return null;
  const moved = await waitForChildren(engine.db, {
    ...fence(work),
    executionId: engine.newId('execution'),
    name: `Step ${row.stepNo}`,
    children,
    engineVersion: ENGINE_VERSION,
    outcomes: { cancelled: CANCELLED(), paused: PAUSED(), waiting: WAITS_FOR_CHILDREN() },
  });
  return accepted(engine, work, moved);
}

/** The calls that become sub-agents: those that may run, as far as the bound of the run goes. */
async function childrenOf({ context }: Work, calls: readonly Call[]): Promise<NewChild[]> {
  if (context.depth >= DEEPEST) return [];
  const own = [...toolsOf(context).keys()];
  const wanted: NewChild[] = [];
  for (const call of calls) {
    if (call.row.name !== DELEGATE || !call.checked.ok || (await refusalOf(call)) !== null) continue;
    const input = delegateInput.parse(call.input);
    if (toolsUnknown(input, own).length === 0) wanted.push(childOf(context, call.row.id, input));
  }
  return wanted.slice(0, Math.max(0, MOST_CHILDREN - context.children));
}

/** What a sub-agent gets of the tools of who delegates to it: all, or those that are named. Who could not delegate further does not get that one. */
function childOf(
  context: RunContext,
  toolCallId: string,
  { task, tools: named, timeoutSeconds }: z.infer<typeof delegateInput>,
): NewChild {
  const mayHave = (name: string) => named === undefined || named.includes(name);
  const offered = context.mcpServers.map((server) => ({
    id: server.id,
    names: server.tools.map((definition) => remoteTool(server, definition).name),
  }));
  const mcpServers = offered.filter(({ names }) => names.some(mayHave));
  const kept = mcpServers.flatMap(({ names }) => names).filter((name) => !mayHave(name));
  return {
    toolCallId,
    name: cutText(task.split('\n', 1)[0] ?? '', LONGEST_NAME),
    task,
    timeoutSeconds,
    tools: context.tools.filter(
      (name) => mayHave(name) && (name !== DELEGATE || context.depth + 1 < DEEPEST),
    ),
    // A server is given as a whole.
    policies: { ...context.policies, ...Object.fromEntries(kept.map((name) => [name, 'never' as const])) },
    mcpServers: mcpServers.map(({ id }) => id),
  };
}
