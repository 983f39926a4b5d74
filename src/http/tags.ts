/** The nouns that the API is divided by, in the order of the documentation. */
export const TAGS = {
  auth: 'Signing in with GitHub, what keeps one signed in, and the account.',
  organisations: 'Who owns agents and runs together: members, invitations, and the log of what was done.',
  keys: 'API keys, for programs.',
  agents: 'Lasting workers: their instructions, model, tools and repository, and what they are told to do.',
  runs: 'Executions of agents: their steps, their changes, what they cost, and how they are steered.',
  goals: 'Saved prompts with parameters, and the schedules by which runs of them start.',
  memories: 'What agents remember from run to run, and what all agents of an organisation know.',
  jobs: 'Backends that are generated: how far they have come, and what was written.',
  events: 'What happens, as it happens: server-sent events that go on where a client left off.',
  webhooks: 'Being told of events: endpoints, their secrets, and the log of what was sent to them.',
  approvals: 'What agents may not do before their user says so, and calls whose end nobody knows.',
  repositories: 'What GitHub knows, asked for each time as the user.',
  triggers:
    'On which repositories agents start by themselves, and on what: labels, comments, reviews, failed checks.',
  dags: 'Jobs in parts: graphs of tasks for agents and tool calls, and their executions.',
  tools: 'What agents can do.',
  models: 'What agents think with, what it costs, and your own keys at its providers.',
  mcp: 'The Model Context Protocol: Cadence as a server, for other assistants, and remote servers whose tools agents may use.',
  health: 'For load balancers and people on call.',
  docs: 'This documentation.',
} as const;

export type Tag = keyof typeof TAGS;

export const isTag = (text: string): text is Tag => Object.hasOwn(TAGS, text);
