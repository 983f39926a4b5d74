import { holds } from '../../dag/condition.ts';
import { dataIn, type Known, type NodeOutput, render, renderJson, Unresolved } from '../../dag/references.ts';
import { CALL_MODEL, CALL_PROVIDER, promptOfCall } from '../../models/call.ts';
import type { ReadyNode } from '../../store/dag/begin-node.ts';
import type { DagNodeError, DagTemplate } from '../../store/dag-types.ts';

/** What a prompt may weigh, in characters, with all that its references stand for. */
const LONGEST_PROMPT = 100_000;
/** A call is asked for once; more steps are for what its user says meanwhile. */
const STEPS_OF_A_CALL = 20;

/** What becomes of a node whose dependencies are over. */
export type NodeDecision =
  | { kind: 'run'; prompt: string; template: DagTemplate }
  | { kind: 'pass'; status: 'skipped' | 'failed'; blocks: boolean; error: DagNodeError };

const skip = (code: string, message: string, blocks = false): NodeDecision => ({
  kind: 'pass',
  status: 'skipped',
  blocks,
  error: { code, message },
});

const fail = (code: string, message: string): NodeDecision => ({
  kind: 'pass',
  status: 'failed',
  blocks: true,
  error: { code, message },
});

/**
 * A node runs when none of its dependencies failed, one of them completed (where it has any), and its condition holds. One that was
 * skipped by its condition does not keep others from running, unless it is all that they wait for.
 */
export function decideNode(node: ReadyNode): NodeDecision {
  const { definition, template } = node;
  if (node.blocked > 0)
    return skip('dependencyFailed', 'Something that it depends on did not complete.', true);
  if (node.dependencies > 0 && node.succeeded === 0) {
    return skip('dependenciesSkipped', 'All that it depends on was skipped.');
  }
  const known = knownTo(node);
  if (definition.when && !holds(definition.when, known)) {
    return skip('conditionNotMet', 'Its condition does not hold.');
  }
  if (template === null) return fail('agentUnknown', 'The execution knows nothing of its agent.');
  // A model wrote it for another one: what looks like a reference in it is none.
  if (template.child) return { kind: 'run', prompt: definition.task ?? '', template };
  try {
    const { tool, input = {}, task = '' } = definition;
    const prompt =
      tool === undefined
        ? render(task, known)
        : promptOfCall(tool, Object.fromEntries(entriesOf(renderJson(input, known))));
    if (prompt.length > LONGEST_PROMPT) {
      return fail('inputTooLarge', `With its references it is longer than ${LONGEST_PROMPT} characters.`);
    }
    return { kind: 'run', prompt, template: tool === undefined ? template : callerOf(template, tool) };
  } catch (error) {
    if (error instanceof Unresolved) return fail('referenceUnresolved', error.message);
    throw error;
  }
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

const knownTo = ({ params, outputs }: Pick<ReadyNode, 'params' | 'outputs'>): Known => ({
  params,
  outputs: new Map(outputs.map((output) => [output.nodeId, asData(output)])),
});

const asData = ({ isSkipped, text, value }: ReadyNode['outputs'][number]): NodeOutput => ({
  isSkipped,
  text,
  value: value ?? dataIn(text),
});

/** What a tool call gets of an agent: where it works, what it may do and may cost. No model. */
const callerOf = (template: DagTemplate, tool: string): DagTemplate => ({
  ...template,
  instructions: null,
  provider: CALL_PROVIDER,
  model: CALL_MODEL,
  tools: [tool],
  maxSteps: STEPS_OF_A_CALL,
});
