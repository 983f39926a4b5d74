/**
 * All that is kept sealed: where it is, and the place that is bound into its seal. `ids` are the row's key, in the order in which `place`
 * takes them. What is sealed is sealed for a place of this table, so that a change of key reaches it (a test compares).
 */
export const SEALED = {
  githubToken: {
    table: 'users',
    column: 'sealed_github_token',
    ids: ['id'],
    place: (userId: string) => `users/${userId}/githubToken`,
  },
  githubRefreshToken: {
    table: 'users',
    column: 'sealed_github_refresh_token',
    ids: ['id'],
    place: (userId: string) => `users/${userId}/githubRefreshToken`,
  },
  providerKey: {
    table: 'provider_keys',
    column: 'sealed_key',
    ids: ['user_id', 'provider'],
    place: (userId: string, provider: string) => `provider_keys/${userId}/${provider}`,
  },
  mcpHeaders: {
    table: 'mcp_servers',
    column: 'headers',
    ids: ['id'],
    place: (mcpServerId: string) => `mcpServers/${mcpServerId}/headers`,
  },
  webhookSecret: {
    table: 'webhook_endpoints',
    column: 'secret',
    ids: ['id'],
    place: (webhookEndpointId: string) => `webhookEndpoints/${webhookEndpointId}/secret`,
  },
  /** A JSON list of objects, each of which has one as `sealed`. A secret keeps its place when it becomes an old one. */
  oldWebhookSecrets: {
    table: 'webhook_endpoints',
    column: 'old_secrets',
    isList: true,
    ids: ['id'],
    place: (webhookEndpointId: string) => `webhookEndpoints/${webhookEndpointId}/secret`,
  },
  answer: {
    table: 'idempotency_keys',
    column: 'sealed_answer',
    ids: ['scope', 'key'],
    place: (scope: string, key: string) => `idempotencyKeys/${scope}/${key}`,
  },
} as const;
