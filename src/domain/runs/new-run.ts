import { announce } from '../../engine/announce.ts';
import { ENGINE_VERSION } from '../../engine/engine.ts';
import type { Context } from '../context.ts';

/** A run of an agent, as it is to be created. */
export const newRun = ({ newId }: Pick<Context, 'newId'>, agentId: string, prompt: string) => ({
  runId: newId('run'),
  agentId,
  prompt,
  engineVersion: ENGINE_VERSION,
  event: announce({ type: 'run.queued', data: { prompt } }),
});
