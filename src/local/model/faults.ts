import { Failure } from './failure.ts';

/** Something that goes wrong with one request, on purpose. Numbers of events count those of the stream from its start. */
export type Fault =
  | { kind: 'rateLimited'; retryAfterSeconds: number }
  | { kind: 'overloaded' }
  | { kind: 'serverError' }
  /** The stream ends after some events, cleanly or with the connection lost. */
  | { kind: 'cut'; afterEvents: number; how: 'close' | 'reset' }
  /** An `error` event comes after some events, and ends the stream. */
  | { kind: 'errorEvent'; afterEvents: number }
  /** Nothing comes after some events. With 0 there is not even an answer. */
  | { kind: 'stalled'; afterEvents: number }
  | { kind: 'slow'; chunkDelayMs: number };

/**
 * Faults for requests to `POST /v1/messages`: a list that is used up one a request (`undefined` for one that goes
 * well), or a function of the request's number, counted from 0, and its body.
 */
export type Faults =
  | (Fault | undefined)[]
  | ((request: { number: number; body: unknown }) => Fault | undefined);

/** @returns what goes wrong with the next request */
export function createFaultSource(faults: Faults = []): (body: unknown) => Fault | undefined {
  let number = -1;
  return (body) => {
    number += 1;
    return typeof faults === 'function' ? faults({ number, body }) : faults[number];
  };
}

/** @throws {Failure} when the fault is an answer with an error status */
export function failInstead(fault: Fault | undefined): void {
  switch (fault?.kind) {
    case 'rateLimited':
      throw new Failure(429, "This request would exceed your organization's rate limit.", {
        'retry-after': String(fault.retryAfterSeconds),
      });
    case 'overloaded':
      throw new Failure(529, 'Overloaded', { 'x-should-retry': 'true' });
    case 'serverError':
      throw new Failure(500, 'Internal server error');
  }
}
