import type { Context as HonoContext } from 'hono';

/** What middleware leaves for handlers. The last three are there on every route behind `authenticate`. */
export interface AppEnv {
  Variables: {
    requestId: string;
    userId: string;
    sessionId: string;
    /** When the access token ends; a stream ends with it. */
    tokenExpiresAt: Date;
  };
}

export type RequestContext = HonoContext<AppEnv>;
