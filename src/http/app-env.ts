import type { Context as HonoContext } from 'hono';
import type { Actor } from '../domain/actor.ts';
import type { RateLimitState } from '../domain/auth/admit-request.ts';
import type { BegunRequest } from '../domain/requests/begin-request.ts';

/** What middleware leaves for handlers. `actor` and `tokenExpiresAt` are there on every route behind `authenticate`. */
export interface AppEnv {
  Variables: {
    requestId: string;
    /** Of the W3C trace context: the caller's, or a new one. */
    traceId: string;
    /** Where the request came with an `Idempotency-Key`. */
    keyed: BegunRequest | { kind: 'answered' } | undefined;
    /** Of whoever was counted. */
    rateLimit?: RateLimitState;
    actor: Actor;
    /** What was done, where the address does not say it; null for nothing that the log of the organisation has. */
    act: { status: number; object: Record<string, string> } | null | undefined;
    /** When what they showed ends, and a stream with it; null for never. */
    tokenExpiresAt: Date | null;
  };
}

export type RequestContext = HonoContext<AppEnv>;
