import type { RequestContext } from './app-env.ts';

/** What a verb is given that looks only at what the caller's organisation has: the address, the query or the body of a request. */
export const within = <Given extends object>(c: RequestContext, given: Given) => ({
  ...given,
  organisationId: c.get('actor').organisationId,
});
