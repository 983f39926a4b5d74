import type { Message } from './types.ts';

/**
 * What a test may do to one attempt:
 * - `deliver`: nothing special;
 * - `drop`: the message vanishes without a trace, which the service promises not to do;
 * - `unreachable`: the destination is not reached, and the attempt counts as failed;
 * - `answerLost`: the destination is reached but its answer is not seen, and the attempt counts as failed;
 * - `duplicate`: the request goes out twice at the same time, the first answer counts;
 * - `reorder`: it waits until another delivery has ended, a second at most (a queue keeps its order);
 * - `delayMs`: it waits that long first.
 */
export type Fault =
  | 'deliver'
  | 'drop'
  | 'unreachable'
  | 'answerLost'
  | 'duplicate'
  | 'reorder'
  | { delayMs: number };

/** Asked once before each attempt; `attempt` counts from 0. The hook may be set and changed at any time. */
export interface Faults {
  onDelivery?: (message: Readonly<Message>, attempt: number) => Fault;
}
