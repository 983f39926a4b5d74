import { checkDag, type Dependencies, type Problem } from '../../dag/check.ts';
import type { DagDefinition } from '../../dag/definition.ts';
import { mentionsIn, textsOf } from '../../dag/references.ts';
import { type Agent, findAgent } from '../../store/agents.ts';
import type { Database } from '../../store/database.ts';
import { getTool } from '../../tools/catalog.ts';
import { DELEGATE } from '../../tools/delegate.ts';
import { validateCall } from '../../tools/execute.ts';

/** So many different agents may lend their configuration to the nodes of one DAG. */
const MOST_AGENTS = 20;

/** A definition that can be executed now. */
export interface CheckedDag {
  dependencies: Dependencies;
  /** The agents it names, by id. */
  agents: ReadonlyMap<string, Agent>;
}

/** Looks at a definition as a whole, and whether the tools and agents that it names exist. */
export async function findProblems(
  db: Database,
  organisationId: string,
  dag: DagDefinition,
): Promise<CheckedDag & { problems: Problem[] }> {
  const { problems, dependencies } = checkDag(dag);
  const named = new Map<string, string>();
  if (dag.agentId !== undefined) named.set(dag.agentId, 'agentId');
  dag.nodes.forEach(({ agentId }, index) => {
    if (agentId !== undefined && !named.has(agentId)) named.set(agentId, `nodes.${index}.agentId`);
  });
  if (named.size > MOST_AGENTS) {
    problems.push({
      field: 'nodes',
      message: `${named.size} different agents are more than ${MOST_AGENTS}.`,
    });
    return { problems, dependencies, agents: new Map() };
  }
  const agents = new Map<string, Agent>();
  await Promise.all(
    Array.from(named, async ([agentId, field]) => {
      const agent = await findAgent(db, organisationId, agentId);
      if (agent === null || agent.status === 'archived') {
        problems.push({
          field,
          message: agent === null ? 'There is no such agent.' : 'The agent is archived.',
        });
      } else agents.set(agentId, agent);
    }),
  );
  dag.nodes.forEach((node, index) => {
    const agent = agents.get(node.agentId ?? dag.agentId ?? '');
    problems.push(...toolProblems(node, `nodes.${index}`, agent));
  });
  return { problems, dependencies, agents };
}

function toolProblems(
  { tool: name, input = {} }: DagDefinition['nodes'][number],
  at: string,
  agent: Agent | undefined,
): Problem[] {
  if (name === undefined) return [];
  const tool = getTool(name);
  if (!tool) return [{ field: `${at}.tool`, message: `"${name}" is no tool; see GET /tools.` }];
  if (tool.needsRepository && !agent?.repository) {
    return [{ field: `${at}.tool`, message: `"${name}" needs an agent with a repository.` }];
  }
  if (name === DELEGATE) {
    return [{ field: `${at}.tool`, message: `"${name}" is for agents: give the node a task instead.` }];
  }
  if (agent?.policies[name] === 'never') {
    return [{ field: `${at}.tool`, message: `The agent may not use "${name}".` }];
  }
  // What references stand for is known when the node begins; the rest can be looked at now.
  if (textsOf(input, '').some(({ text }) => mentionsIn(text).length > 0)) return [];
  const checked = validateCall(name, input, [name]);
  return checked.ok ? [] : [{ field: `${at}.input`, message: checked.message }];
}
