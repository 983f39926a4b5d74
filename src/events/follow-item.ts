import type { MessageDelta, StoredEvent } from './types.ts';

/**
 * What a follower yields. Durable events have an id, the cursor behind them; control items have none, so a client that
 * comes back asks for what follows the last durable one. The ids in a `gap` are cursors of the same stream.
 */
export type FollowItem =
  | { kind: 'event'; id: string; event: StoredEvent }
  | ControlItem<'message.delta', MessageDelta>
  | ControlItem<'attempt.reset', { stepNo: number; attempt: number }>
  | ControlItem<'gap', { after: string; resumedAfter: string | null }>
  | ControlItem<'auth.expired', Record<string, never>>;

interface ControlItem<Type extends string, Data> {
  kind: 'control';
  type: Type;
  data: Data;
}
