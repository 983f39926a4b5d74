import type { ModelTool } from '../../models/port.ts';

interface PlannerInput {
  /** Tools that a node may call by itself. */
  tools: readonly ModelTool[];
  /** Whose configuration and repository nodes get. */
  agent: { id: string; name: string; repository: string | null } | null;
  /** Others that a node may name. */
  agents: readonly { id: string; name: string; repository: string | null }[];
  params: Readonly<Record<string, unknown>>;
}

/** All that a model is told of its task that plans DAGs, besides the goal. */
export function plannerInstructions({ tools, agent, agents, params }: PlannerInput): string {
  return [
    'You split a goal into a graph of parts that agents and tools of Cadence carry out later. You do none of it yourself: you hand in the plan with submit_dag, and nothing else.',
    [
      'How a plan is made:',
      '- A node has an `id` (a letter, then letters, digits, "_" or "-") and either a `task`, which is told to an agent that knows nothing but it, or a `tool` with its `input`.',
      '- `dependsOn` names nodes that come first. Nodes that do not wait for one another run at the same time: prefer that where they do not need one another.',
      '- What came of a node is written as {{nodes.<id>.output}} in the task or input of another one, which waits for it then. A parameter is {{params.<name>}}, and is declared in `params`, with a `default` where there is one.',
      '- `when` runs a node under a condition: {"ref": "nodes.<id>.output.<field>", "equals": …}. `retries` and `timeoutSeconds` bound it, `onFailure: "continue"` lets others go on when it fails.',
      '- The nodes of an agent with a repository each work on a branch of their own: give changes of the same files to one node.',
      '- As few nodes as the goal needs; each task is complete and says what is to come of it.',
    ].join('\n'),
    agent === null
      ? 'Nodes have an empty workspace and no repository, unless they name an agent with `agentId`.'
      : `Nodes work as the agent ${describe(agent)}, unless they name another one with \`agentId\`.`,
    ...listed('Agents that a node may name:', agents.map(describe)),
    ...listed(
      'Parameters that the user gave, to be used as {{params.<name>}}:',
      Object.entries(params).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ),
    ...listed(
      'Tools that a node may call:',
      tools.map(
        ({ name, description, inputSchema }) =>
          `${name}: ${description} Its input: ${JSON.stringify(inputSchema)}`,
      ),
    ),
    'If nothing can be planned from the goal, say in one sentence what is missing.',
  ].join('\n\n');
}

const describe = ({ id, name, repository }: { id: string; name: string; repository: string | null }) =>
  `${id} (${JSON.stringify(name)}${repository === null ? '' : `, on ${repository}`})`;

const listed = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : [[title, ...items.map((item) => `- ${item}`)].join('\n')];
