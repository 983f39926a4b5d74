import type { Role } from '../store/roles.ts';
import type { Scope } from '../store/scopes.ts';
import { grants, type Permission } from './permissions.ts';

/** Who asks, and for which organisation. */
export interface Actor {
  userId: string;
  organisationId: string;
  /** What the user is in that organisation. */
  role: Role;
  credential: Credential;
}

/** How they showed who they are. A key acts as whoever made it, and for its own organisation only. A token of an issuer has no session of ours. */
export type Credential =
  | { kind: 'session'; sessionId: string }
  | { kind: 'apiKey'; apiKeyId: string; scopes: readonly Scope[] }
  | { kind: 'issuer'; issuer: string };

/** A credential as logs name it. */
export function nameOf(credential: Credential): string {
  switch (credential.kind) {
    case 'session':
      return `session ${credential.sessionId}`;
    case 'apiKey':
      return `apiKey ${credential.apiKeyId}`;
    case 'issuer':
      return `issuer ${credential.issuer}`;
  }
}

/** Whether somebody may do what needs a permission: their role decides, and what they showed may narrow it. */
export function mayDo(
  { role, credential }: Pick<Actor, 'role' | 'credential'>,
  permission: Permission,
): boolean {
  switch (credential.kind) {
    case 'session':
    case 'issuer':
      return grants(role, permission);
    case 'apiKey':
      return grants(role, permission) && credential.scopes.some((scope) => scope === permission);
  }
}
