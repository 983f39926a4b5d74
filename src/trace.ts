/** W3C trace context, as far as it is of use to us: one trace id from the request that starts a run to the run's last step. */

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

/** The trace id of a `traceparent` header; null for one that does not follow the specification to the letter. */
export function traceIdOf(traceparent: string | undefined): string | null {
  const [, version, traceId, more] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  // Later versions may say more behind what this one says.
  if (traceId === undefined || (version === '00' && more !== undefined)) return null;
  return traceId;
}

export const newTraceId = (): string => randomHex(16);

/** The header for a request of ours within a trace. */
export const traceparentOf = (traceId: string): string => `00-${traceId}-${randomHex(8)}-01`;

const randomHex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
