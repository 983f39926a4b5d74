import { scriptOf } from '../../support/deliver.ts';
import { WEB_ORIGIN } from '../effects/task.ts';

export const SHAPES = ['wide', 'deep', 'diamond'] as const;
/** One node, whose agent delegates to so many sub-agents. */
export const FAMILY = 'family';
export type Shape = (typeof SHAPES)[number] | typeof FAMILY;

/** A node by its number, from 0, with those that it waits for. */
export interface ShapeNode {
  id: string;
  dependsOn: string[];
}

/** How wide the layers of diamonds are, one after another, over and over. */
const LAYERS = [1, 2, 1, 4, 1, 8];

/**
 * - `wide`: one, then all but two side by side, then one behind all of them.
 * - `deep`: one behind another.
 * - `diamond`: layers of one and of many in turn, each node behind all of the layer before.
 */
export function nodesOf(shape: Shape, count: number): ShapeNode[] {
  const layers = layersOf(shape, count);
  let first = 0;
  let before: string[] = [];
  return layers.flatMap((width) => {
    const ids = Array.from({ length: width }, (_, at) => `n${first + at}`);
    const dependsOn = before;
    first += width;
    before = ids;
    return ids.map((id) => ({ id, dependsOn }));
  });
}

function layersOf(shape: Shape, count: number): number[] {
  switch (shape) {
    case 'wide':
      return [1, Math.max(1, count - 2), 1];
    case FAMILY:
      return [1];
    case 'deep':
      return Array.from({ length: count }, () => 1);
    case 'diamond': {
      const layers: number[] = [];
      for (let left = count; left > 0; ) {
        const width = Math.min(left, LAYERS[layers.length % LAYERS.length] ?? 1);
        layers.push(width);
        left -= width;
      }
      return layers;
    }
  }
}

const effect = (body: string) => ({
  tool: 'http_request',
  input: { method: 'POST', url: `${WEB_ORIGIN}/nodes`, body, idempotencyKey: true },
});

/** Each node has one effect, under a key that its receiver honours. An attempt that is given up leaves the next one to another run. */
export const dagOf = (
  name: string,
  agentId: string,
  { shape, nodes: count }: { shape: Shape; nodes: number },
) => ({
  name,
  agentId,
  nodes: nodesOf(shape, count).map((node) => ({
    ...node,
    ...(shape === FAMILY ? { task: delegates(count) } : effect(node.id)),
    retries: 10,
  })),
});

/** What makes the scripted model delegate to so many, at once; each is at it for a while and has one effect. */
function delegates(count: number): string {
  const calls = Array.from({ length: count }, (_, at) => {
    const { tool: name, input } = effect(`c${at}`);
    const task = scriptOf(
      { text: 'I send it now.', chunkDelayMs: 1_000, calls: [{ name, input }] },
      { text: 'Sent.' },
    );
    return { name: 'delegate', input: { task } };
  });
  return scriptOf({ text: 'I split it.', calls }, { text: 'All is done.' });
}
