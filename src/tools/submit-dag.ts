import type { Problem } from '../dag/check.ts';
import { type DagDefinition, plannedDagSchema } from '../dag/definition.ts';
import type { Planning } from '../store/dag-types.ts';
import { defineTool, type Tool } from './tool.ts';

export const SUBMIT_DAG = 'submit_dag';

/** What a model is told of one plan at the most, and people of the reasons that none came. */
const MOST_PROBLEMS = 20;

/**
 * Takes the plan of a run that is to plan a DAG. It is in no catalogue, so that no other run has it. A plan that cannot be executed is
 * an error that the model mends; one that can ends the run, and its step keeps the DAG.
 */
export const submitDag = (planning: Planning): Tool =>
  defineTool({
    name: SUBMIT_DAG,
    description:
      'Hands in the plan: the nodes, what each waits for, and the parameters. It is checked, and what is wrong with it comes back. A plan without a fault ends your work.',
    effect: 'pure',
    trust: { readsPrivate: false, readsUntrusted: false, egress: false },
    input: plannedDagSchema,
    subject: ({ name }) => name,

    async run({ checkDag }, planned) {
      const dag = complete(planning, planned);
      const problems = (await checkDag(dag)).slice(0, MOST_PROBLEMS);
      if (problems.length === 0) {
        return { output: `The plan is taken: ${dag.nodes.length} nodes.`, result: { dag } };
      }
      const lines = problems.map(({ field, message }) => `- ${field}: ${message}`);
      const output = ['This cannot be executed:', ...lines, 'Mend it and hand in the whole plan again.'];
      return { output: output.join('\n'), isError: true, result: { problems } };
    },
  });

/** The plan with what its user has said: the goal, the agent, and values of parameters. */
function complete(
  { goal, agentId, params }: Planning,
  planned: Omit<DagDefinition, 'goal' | 'agentId'>,
): DagDefinition {
  const given = Object.entries(params).map(
    ([name, value]) => [name, { ...planned.params?.[name], default: value }] as const,
  );
  const all = { ...planned.params, ...Object.fromEntries(given) };
  return {
    ...planned,
    goal,
    ...(agentId === null ? {} : { agentId }),
    ...(Object.keys(all).length > 0 ? { params: all } : {}),
  };
}

/** What a call that was refused says is wrong; null for one that never got as far as the check. */
export function problemsIn(result: unknown): Problem[] | null {
  if (typeof result !== 'object' || result === null || !('problems' in result)) return null;
  const { problems } = result;
  return Array.isArray(problems) ? problems.filter(isProblem) : null;
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' &&
  value !== null &&
  'field' in value &&
  typeof value.field === 'string' &&
  'message' in value &&
  typeof value.message === 'string';
