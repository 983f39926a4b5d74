import { z } from '@hono/zod-openapi';
import { createAgent } from '../../domain/agents/create-agent.ts';
import { getAgent } from '../../domain/agents/get-agent.ts';
import { listAgents } from '../../domain/agents/list-agents.ts';
import { sendMessage } from '../../domain/agents/send-message.ts';
import { listRepositories } from '../../domain/repositories/list-repositories.ts';
import { githubPage, githubPageCursor } from '../github-page.ts';
import { listQuery, rowsAsked, rowsFound } from '../pagination.ts';
import { inPath } from '../params.ts';
import { newMessageSchema } from '../routes/agent-work.ts';
import { agentStatus, newAgentSchema } from '../routes/agents.ts';
import { mcpTool } from './tool.ts';

const byId = z.strictObject({ agentId: inPath.agentId });

/** Where agents come from and how they are talked to. */
export const AGENT_TOOLS = [
  mcpTool({
    name: 'list_repositories',
    title: 'List repositories',
    description: 'Repositories on GitHub that agents can work on, last pushed first.',
    permission: 'write',
    effect: 'reads',
    input: listQuery.strict(),
    async call({ context, actor: { userId } }, query) {
      const page = githubPage(query);
      const answer = await listRepositories(context, { userId, ...page });
      if (answer.notModified) return { data: [], nextCursor: null };
      const data = answer.items.map(({ fullName, defaultBranch, description, pushedAt, ...item }) => ({
        fullName,
        private: item.private,
        defaultBranch,
        description,
        pushedAt,
      }));
      return { data, nextCursor: githubPageCursor(answer.nextPage, page) };
    },
  }),
  mcpTool({
    name: 'list_agents',
    title: 'List agents',
    description: 'Coding agents of the organisation and what each is at, newest first.',
    permission: 'read',
    effect: 'reads',
    input: listQuery.extend({ status: agentStatus.optional() }).strict(),
    call: async ({ context, actor: { organisationId } }, query) =>
      rowsFound(await listAgents(context, { organisationId, ...rowsAsked(query) })),
  }),
  mcpTool({
    name: 'get_agent',
    title: 'Look at an agent',
    description: 'An agent, its settings, and its active run, if there is one.',
    permission: 'read',
    effect: 'reads',
    input: byId,
    call: ({ context, actor: { organisationId } }, { agentId }) =>
      getAgent(context, { organisationId, agentId }),
  }),
  mcpTool({
    name: 'create_agent',
    title: 'Create an agent',
    description:
      'Creates a coding agent. With a prompt it starts to work at once, in the cloud: `activeRun.id` of the answer is the run to follow. Name a repository as "owner/name" for it to work on.',
    permission: 'write',
    effect: 'adds',
    input: newAgentSchema,
    call: ({ context, actor: { organisationId, userId } }, input) =>
      createAgent(context, { organisationId, userId, ...input }),
  }),
  mcpTool({
    name: 'send_message',
    title: 'Say something to an agent',
    description:
      'An idle agent starts a run on it; a busy one hears it at its next turn. When its run waits for input, this is the answer to its question.',
    permission: 'write',
    effect: 'adds',
    input: newMessageSchema.extend({ agentId: inPath.agentId }),
    async call({ context, actor: { organisationId, userId } }, input) {
      const { kind, ...delivered } = await sendMessage(context, { organisationId, userId, ...input });
      return kind === 'started' ? delivered : { queued: delivered };
    },
  }),
];
