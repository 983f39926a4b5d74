import { createApp } from './app.ts';
import type { Context } from './domain/context.ts';
import { lookAfterIfDue } from './domain/maintenance/look-after.ts';
import { EnvError, readEnv } from './env.ts';
import { createServices } from './services.ts';

interface Served {
  context: Context;
  app: ReturnType<typeof createApp>;
}

type Bindings = Record<string, unknown>;

/** What Cloudflare hands a handler besides its event. */
interface Lifetime {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
  props: unknown;
}

let served: Served | undefined;

/** Built by the first request of an isolate and kept: the bindings of a deployment do not change. */
function serve(bindings: Bindings): Served {
  if (!served) {
    const context = createServices(readEnv(bindings));
    served = { context, app: createApp(context) };
  }
  return served;
}

export default {
  async fetch(request: Request, bindings: Bindings, lifetime: Lifetime): Promise<Response> {
    try {
      return await serve(bindings).app.fetch(request, bindings, lifetime);
    } catch (error) {
      if (error instanceof EnvError) return refuseToServe(error);
      throw error;
    }
  },

  /** The cron trigger, each minute. */
  async scheduled(_event: unknown, bindings: Bindings, lifetime: Lifetime): Promise<void> {
    lifetime.waitUntil(lookAfterIfDue(serve(bindings).context));
  },
};

/** Says which variables are missing or malformed, to the log and to whoever deploys; values are in neither. */
function refuseToServe(error: EnvError): Response {
  console.error(JSON.stringify({ level: 'error', event: 'misconfigured', problems: error.problems }));
  return Response.json(
    {
      type: 'urn:problem-type:cadence:misconfigured',
      title: 'The deployment is not configured',
      status: 503,
      code: 'misconfigured',
      detail: error.message,
      errors: error.problems,
    },
    { status: 503, headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' } },
  );
}
