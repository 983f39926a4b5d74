import type { Role } from '../store/roles.ts';

export { ROLES } from '../store/roles.ts';
export { SCOPES } from '../store/scopes.ts';

/**
 * What a request needs: to look at what the organisation has, to work with its agents and runs, to decide what a run may do, to manage
 * members, keys and endpoints, to dispose of the organisation itself; and `account`, to handle one's own account.
 */
const PERMISSIONS = ['read', 'write', 'approve', 'manage', 'own', 'account'] as const;
export type Permission = (typeof PERMISSIONS)[number];

const GRANTS: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['read', 'account'],
  member: ['read', 'write', 'approve', 'account'],
  admin: ['read', 'write', 'approve', 'manage', 'account'],
  owner: PERMISSIONS,
};

export const grants = (role: Role, permission: Permission): boolean => GRANTS[role].includes(permission);
