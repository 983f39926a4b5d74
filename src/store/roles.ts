/** What a member of an organisation is, from the least to the most. */
export type Role = 'viewer' | 'member' | 'admin' | 'owner';
