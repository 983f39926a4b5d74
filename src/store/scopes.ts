/** What an API key may be allowed. Never more: nobody hands an organisation or an account to a program. */
export const SCOPES = ['read', 'write', 'approve', 'manage'] as const;
export type Scope = (typeof SCOPES)[number];
