import { createMiddleware } from 'hono/factory';
import { secureHeaders } from 'hono/secure-headers';
import type { AppEnv } from './app-env.ts';
import { BASE_PATH } from './paths.ts';

const NOTHING = ["'none'"];
const POLICY = { defaultSrc: NOTHING, baseUri: NOTHING, formAction: NOTHING, frameAncestors: NOTHING };

const headersWith = (contentSecurityPolicy: Record<string, string[]>) =>
  secureHeaders({
    strictTransportSecurity: 'max-age=63072000; includeSubDomains',
    contentSecurityPolicy,
    permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
    // Whoever may read an answer from another origin asks with CORS, and this does not speak to them.
    crossOriginResourcePolicy: 'same-origin',
  });

/** We serve JSON to programs: nothing of ours is to be framed, sniffed or rendered. */
const forPrograms = headersWith(POLICY);
/** The documentation is read by people: it has a style sheet of its own, and still no script. */
const forPages = headersWith({ ...POLICY, styleSrc: ["'self'"] });

export const securityHeaders = createMiddleware<AppEnv>((c, next) =>
  (c.req.path.startsWith(`${BASE_PATH}/docs`) ? forPages : forPrograms)(c, next),
);

/** Answers are for their caller alone unless a handler says otherwise. */
export const noStore = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
});
