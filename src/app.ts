import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from './domain/context.ts';
import { AppError } from './domain/errors.ts';
import type { AppEnv } from './http/app-env.ts';
import { audit } from './http/audit.ts';
import { authenticate } from './http/authenticate.ts';
import { cors } from './http/cors.ts';
import { openApiDocument } from './http/document.ts';
import { answerError } from './http/errors.ts';
import { noStore, securityHeaders } from './http/headers.ts';
import { idempotency } from './http/idempotency.ts';
import { knownOrigin } from './http/known-origin.ts';
import { BASE_PATH, canonicalPath } from './http/paths.ts';
import { limitStrangers, showLimit } from './http/rate-limit.ts';
import { readBody } from './http/read-body.ts';
import { refuseOversized } from './http/refuse-oversized.ts';
import { requestLog } from './http/request-log.ts';
import { agentForks } from './http/routes/agent-forks.ts';
import { agentMemories } from './http/routes/agent-memories.ts';
import { agentMessages } from './http/routes/agent-messages.ts';
import { agentWork } from './http/routes/agent-work.ts';
import { agents } from './http/routes/agents.ts';
import { apiKeys } from './http/routes/api-keys.ts';
import { approvals } from './http/routes/approvals.ts';
import { auditLog } from './http/routes/audit-log.ts';
import { auth } from './http/routes/auth.ts';
import { callbacks } from './http/routes/callbacks.ts';
import { dagExecutions } from './http/routes/dag-executions.ts';
import { dags } from './http/routes/dags.ts';
import { docs } from './http/routes/docs.ts';
import { events } from './http/routes/events.ts';
import { goals } from './http/routes/goals.ts';
import { health } from './http/routes/health.ts';
import { mcp } from './http/routes/mcp.ts';
import { mcpServers } from './http/routes/mcp-servers.ts';
import { me } from './http/routes/me.ts';
import { members } from './http/routes/members.ts';
import { memories } from './http/routes/memories.ts';
import { messageLimit } from './http/routes/message-limit.ts';
import { models } from './http/routes/models.ts';
import { organisations } from './http/routes/organisations.ts';
import { providerKeys } from './http/routes/provider-keys.ts';
import { repos } from './http/routes/repos.ts';
import { runMemories } from './http/routes/run-memories.ts';
import { runOutputs } from './http/routes/run-outputs.ts';
import { runs } from './http/routes/runs.ts';
import { schedules } from './http/routes/schedules.ts';
import { sessions } from './http/routes/sessions.ts';
import { tickets } from './http/routes/tickets.ts';
import { tools } from './http/routes/tools.ts';
import { triggers } from './http/routes/triggers.ts';
import { webhookEndpoints } from './http/routes/webhook-endpoints.ts';
import { webhooks } from './http/routes/webhooks.ts';

/** Every door, in order. What stands above `authenticate` is open to all. */
export function createApp(context: Context) {
  const app = new OpenAPIHono<AppEnv>({ getPath: canonicalPath }).basePath(BASE_PATH);
  app.onError((error, c) => answerError(error, c, context));
  app.notFound(() => {
    throw new AppError('notFound', 'There is nothing at this address.');
  });

  app.use(requestLog(context), securityHeaders, noStore, showLimit, cors(context), refuseOversized, readBody);

  app.route('/', docs(openApiDocument(app, context.settings.publicUrl)));
  app.route('/', health(context));
  for (const door of ['/auth/github/*', '/auth/refresh', '/auth/logout'])
    app.use(door, limitStrangers(context));
  app.route('/', auth(context));
  app.route('/', callbacks(context));
  app.route('/', webhooks(context));

  app.use('/mcp', knownOrigin(context));
  app.use(authenticate(context), idempotency(context), audit(context));
  app.route('/', me(context));
  app.route('/', organisations(context));
  app.route('/', members(context));
  app.route('/', auditLog(context));
  app.route('/', sessions(context));
  app.route('/', apiKeys(context));
  app.route('/', repos(context));
  app.route('/', agents(context));
  app.route('/', agentWork(context));
  app.route('/', agentMessages(context));
  app.route('/', messageLimit(context));
  app.route('/', agentForks(context));
  app.route('/', agentMemories(context));
  app.route('/', goals(context));
  app.route('/', schedules(context));
  app.route('/', memories(context));
  app.route('/', runMemories(context));
  app.route('/', runOutputs(context));
  app.route('/', runs(context));
  app.route('/', events(context));
  app.route('/', tickets(context));
  app.route('/', approvals(context));
  app.route('/', triggers(context));
  app.route('/', dags(context));
  app.route('/', dagExecutions(context));
  app.route('/', webhookEndpoints(context));
  app.route('/', tools());
  app.route('/', mcpServers(context));
  app.route('/', mcp(context));
  app.route('/', models(context));
  app.route('/', providerKeys(context));

  return app;
}
