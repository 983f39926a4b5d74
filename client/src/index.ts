export { type Cadence, createCadence } from './cadence.ts';
export { CadenceError } from './errors.ts';
export type { Followed, FollowOptions } from './events.ts';
export type * from './generated.ts';
export type { ClientOptions, Fetch } from './options.ts';
export type { SessionTokens } from './session.ts';
