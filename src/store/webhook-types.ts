/** `failed` is the end of a delivery, as `delivered` is, until somebody asks for it again. */
export type DeliveryState = 'pending' | 'delivered' | 'failed';

/** Why an endpoint is told nothing: somebody said so, it answered 410, or it had failed for days. */
export type DisabledReason = 'byRequest' | 'gone' | 'failing';

/** A sealed secret that signs until then (RFC 3339). */
export interface OldSecret {
  sealed: string;
  until: string;
}

/** One request to an endpoint. `status` is null when no answer came; `error` says why it does not count as delivered. */
export interface DeliveryTry {
  at: string;
  status: number | null;
  error: string | null;
  durationMs: number;
}
