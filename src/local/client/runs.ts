import { z } from 'zod';
import type { ApiClient } from './api.ts';

/** As much of a run as a client on this machine reads. */
const runSchema = z.object({
  id: z.string(),
  agentId: z.string(),
  status: z.string(),
  stepCount: z.number(),
  usage: z.object({
    inputTokens: z.number(),
    outputTokens: z.number(),
    cacheReadTokens: z.number(),
    cacheWriteTokens: z.number(),
  }),
  costUsd: z.number(),
  result: z.object({
    summary: z.string().nullable(),
    branch: z.string().nullable(),
    commits: z.array(z.object({ sha: z.string(), message: z.string() })),
    pullRequest: z.object({ number: z.number(), url: z.string(), title: z.string() }).nullable(),
  }),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
const agentSchema = z.object({ activeRun: z.object({ id: z.string() }) });

export type Run = z.infer<typeof runSchema>;

/**
 * Creates an agent with a task in a repository.
 *
 * @returns the id of its first run
 */
export async function giveTask(
  api: ApiClient,
  task: { repository: string; prompt: string },
): Promise<string> {
  const agent = await api.json(agentSchema, 'POST', '/api/v1/agents', task);
  return agent.activeRun.id;
}

export async function readRun(api: ApiClient, runId: string): Promise<Run> {
  return api.json(runSchema, 'GET', `/api/v1/runs/${runId}`);
}

/** The unified diff of what a run changed; empty when it changed nothing. */
export async function readDiff(api: ApiClient, runId: string): Promise<string> {
  return (await api.send('GET', `/api/v1/runs/${runId}/diff`)).text();
}
