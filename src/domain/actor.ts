import type { Role } from '../store/roles.ts';
import { grants, type Permission } from './permissions.ts';

/** Who asks, and for which organisation. */
export interface Actor {
  userId: string;
  organisationId: string;
  /** What the user is in that organisation. */
  role: Role;
  credential: Credential;
}

/** How they showed who they are. */
type Credential = { kind: 'session'; sessionId: string };

/** Whether somebody may do what needs a permission: their role decides, and what they showed may narrow it. */
export function mayDo(
  { role, credential }: Pick<Actor, 'role' | 'credential'>,
  permission: Permission,
): boolean {
  switch (credential.kind) {
    case 'session':
      return grants(role, permission);
  }
}
