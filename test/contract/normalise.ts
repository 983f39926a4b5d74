const ID = /\b([a-z]+)_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g;
const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const SHA = /\b[0-9a-f]{40}\b/g;
const JWT = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;

const WEBHOOK_SECRET = /\bwhsec_[A-Za-z0-9+/]{43}=/g;
const API_KEY = /\bcad_\w{10}_\w{42}\b/g;

const BEGIN_MS = Date.UTC(2026, 10, 21, 12);
/** Seconds after the begin, by field: two moments may be one millisecond today and two tomorrow. */
const SECONDS: Readonly<Record<string, number>> = {
  startedAt: 1,
  at: 5,
  committedAt: 6,
  decidedAt: 10,
  nextAttemptAt: 10,
  failingSince: 10,
  updatedAt: 22,
  finishedAt: 22,
  expiresAt: 86_400,
};
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';

/** What differs from one recording to the next, by the name of its field. */
const BY_FIELD: Readonly<Record<string, unknown>> = {
  latencyMs: 12,
  hookId: 512_208_731,
  modelMs: 1840,
  durationMs: 230,
  hash: '9b1c3f1f0a7d5e2c8b4a6d90e1f2c3b4a5968778695a4b3c2d1e0f9a8b7c6d5e',
  token: 'inv_Zk3vT1yq0mXc8sJ2bN5wRr7uH4eL9aDgPoKiUfYxQtM',
  requestId: 'req_01kb9d3c7pf5wtq2h8n6vx4z00',
  durationSeconds: 21,
  refreshToken: 'Zk3vT1yq0mXc8sJ2bN5wRr7uH4eL9aDgPoKiUfYxQtM',
  code: '4f8a1c2e9b7d',
  prefix: 'Q2h8n6vXa1',
  ticket: 'mB92K27uhbUJU1p1r_wW1gFWFOEjXkdBjftJeZ4CVP0',
  codeVerifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  nextCursor: 'WyIyMDI2LTExLTIxVDEyOjAwOjAwLjAwMDAwMFoiXQ',
};

export type Normalise = (value: unknown) => unknown;

/**
 * Gives what differs between recordings (ids, times, hashes, tokens, durations) names that do not, so that recording the
 * examples again changes only what has changed. The same id is the same everywhere.
 */
export function normaliser(): Normalise {
  const ids = numbering((n) => `01kb9d3c7pf5wtq2h8n6vx4z${BASE32[Math.floor(n / 32)]}${BASE32[n % 32]}`);
  const shas = numbering((n) =>
    `${(0x5a1f + n * 0x3d).toString(16)}c07e94b2d8360fa1e5c7b98d2430f6ae1b79`.slice(0, 40),
  );

  const text = (value: string, field: string) =>
    value
      .replaceAll(ID, (id, prefix: string) => `${prefix}_${ids(id)}`)
      .replaceAll(TIME, new Date(BEGIN_MS + (SECONDS[field] ?? 0) * 1000).toISOString())
      .replaceAll(SHA, shas)
      .replaceAll(JWT, 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJl')
      .replaceAll(WEBHOOK_SECRET, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=')
      .replaceAll(API_KEY, 'cad_Q2h8n6vXa1_7Zk3vT1yq0mXc8sJ2bN5wRr7uH4eL9aDgPoK000000')
      .replaceAll('http://github.local', 'https://github.com');

  const normalise = (value: unknown, field = ''): unknown => {
    if (field in BY_FIELD && value !== null && !isCode(field, value)) return BY_FIELD[field];
    if (typeof value === 'string') return text(value, field);
    if (Array.isArray(value)) return value.map((item) => normalise(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [text(name, ''), normalise(inner, name)]),
    );
  };
  return (value) => normalise(value);
}

/** `code` is GitHub's in a request, and ours, in camelCase, in a problem or the error of a run. */
const isCode = (field: string, value: unknown) =>
  field === 'code' && typeof value === 'string' && /^[a-z]+([A-Z][a-z]+)*$/.test(value);

/** Numbers texts in the order in which they are first seen. */
function numbering(write: (n: number) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const name = known.get(text) ?? write(known.size);
    known.set(text, name);
    return name;
  };
}
