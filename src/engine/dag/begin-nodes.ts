import { cutText } from '../../cut-text.ts';
import { beginNode, passOverNode, type ReadyNode, readReadyNodes } from '../../store/dag/begin-node.ts';
import type { Turned } from '../../store/dag/turn.ts';
import { announce } from '../announce.ts';
import type { Engine } from '../engine.ts';
import { tellOfStarted } from '../next-run.ts';
import { decideNode } from './decide-node.ts';
import { DAG_SPEECH } from './speech.ts';

export type Beginner = Pick<Engine, 'db' | 'live' | 'queue' | 'log' | 'newId'>;

const BATCH = 10;
/** What one worker looks at to begin or pass over at the most; the rest is the sweeper's. */
const MOST_AT_ONCE = 200;
const LONGEST_NAME = 100;

/**
 * Begins the nodes of an execution that can begin, as far as slots are free, each by a statement of its own that anybody may
 * try: one wins.
 *
 * @param most how many it looks at
 * @returns the execution as the last of them left it; null when none was begun
 */
export async function beginNodes(
  engine: Beginner,
  executionId: string,
  most = MOST_AT_ONCE,
): Promise<Turned | null> {
  let last: Turned | null = null;
  for (let seen = 0; seen < most; ) {
    const ready = await readReadyNodes(engine.db, executionId, BATCH);
    seen += ready.length;
    let turned: Turned | null = null;
    let hasPassed = false;
    for (const node of ready) {
      // Those behind a failure come first and need no slot; for the others there is none any more.
      if (turned?.freeSlots === 0 && node.blocked === 0) break;
      const outcome = await begin(engine, executionId, node);
      turned = outcome.turned ?? turned;
      hasPassed ||= outcome.hasPassed;
    }
    last = turned ?? last;
    // Nodes behind one that was passed over may have become ready, and some of them need no slot.
    if (turned === null || turned.readyNodes === 0 || (turned.freeSlots === 0 && !hasPassed)) break;
  }
  if (last !== null) {
    await Promise.all([
      engine.live.wakeSweeper(),
      engine.live.nudge(executionId, executionId, last.eventSeq),
    ]);
  }
  return last;
}

async function begin(
  engine: Beginner,
  executionId: string,
  node: ReadyNode,
): Promise<{ turned: Turned | null; hasPassed: boolean }> {
  const decision = decideNode(node);
  switch (decision.kind) {
    case 'pass': {
      const turned = await passOverNode(engine.db, executionId, node, decision, DAG_SPEECH);
      return { turned, hasPassed: turned !== null };
    }
    case 'run': {
      const { traceId } = node;
      const { prompt, template } = decision;
      const run = {
        runId: engine.newId('run'),
        agentId: engine.newId('agent'),
        prompt,
        engineVersion: node.engineVersion,
        traceId,
        event: announce({ type: 'run.queued', data: { prompt } }),
        outputSchema: node.definition.outputSchema,
      };
      const agentName = cutText(
        template.child?.name ?? `${node.executionName}: ${node.nodeId}`,
        LONGEST_NAME,
      );
      const workspaceId = engine.newId('workspace');
      const turned = await beginNode(
        engine.db,
        executionId,
        node,
        { run, workspaceId, agentName, template },
        DAG_SPEECH,
      );
      if (turned) {
        const { runId, agentId } = run;
        await tellOfStarted(engine, { agentId, started: { runId, traceId, status: 'queued' } });
      }
      return { turned, hasPassed: false };
    }
  }
}
