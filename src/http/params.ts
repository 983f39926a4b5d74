import { z } from '@hono/zod-openapi';

const idOf = (what: string, example: string) => z.string().openapi({ description: what, example });

/** What stands in paths. Any text is let in: an id that nothing has is not found, whatever it looks like. */
export const inPath = {
  organisationId: idOf('The id of an organisation', 'org_01h455vb4pex5vsknk084sn02q'),
  userId: idOf('The id of a user', 'user_01h455vb4pex5vsknk084sn02q'),
  invitationId: idOf('The id of an invitation', 'invitation_01h455vb4pex5vsknk084sn02q'),
  agentId: idOf('The id of an agent', 'agent_01h455vb4pex5vsknk084sn02q'),
  jobId: idOf('The id of a job', 'job_01h455vb4pex5vsknk084sn02q'),
  runId: idOf('The id of a run', 'run_01h455vb4pex5vsknk084sn02q'),
  goalId: idOf('The id of a goal', 'goal_01h455vb4pex5vsknk084sn02q'),
  scheduleId: idOf('The id of a schedule', 'schedule_01h455vb4pex5vsknk084sn02q'),
  messageId: idOf('The id of a message', 'message_01h455vb4pex5vsknk084sn02q'),
  sessionId: idOf('The id of a session', 'session_01h455vb4pex5vsknk084sn02q'),
  apiKeyId: idOf('The id of an API key', 'key_01h455vb4pex5vsknk084sn02q'),
  triggerId: idOf('The id of a trigger', 'trigger_01h455vb4pex5vsknk084sn02q'),
  webhookEndpointId: idOf('The id of a webhook endpoint', 'webhook_01h455vb4pex5vsknk084sn02q'),
  deliveryId: idOf('The id of a delivery', 'delivery_01h455vb4pex5vsknk084sn02q'),
  provider: idOf('The name of a model provider', 'openai'),
  mcpServerId: idOf('The id of an MCP server', 'mcp_01h455vb4pex5vsknk084sn02q'),
  dagId: idOf('The id of a DAG', 'dag_01h455vb4pex5vsknk084sn02q'),
  planId: idOf('The id of a plan, which is that of its run', 'run_01h455vb4pex5vsknk084sn02q'),
  executionId: idOf('The id of an execution of a DAG', 'execution_01h455vb4pex5vsknk084sn02q'),
  approvalId: idOf('The id of an approval', 'approval_01h455vb4pex5vsknk084sn02q'),
};
