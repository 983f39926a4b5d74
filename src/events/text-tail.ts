import type { FollowItem } from './follow-item.ts';
import type { MessageDelta, StoredEvent } from './types.ts';

/** The text of the model call under way as one follower has passed it on. */
export interface TextTail {
  /**
   * Takes a delta, whatever came before it: overlaps are cut, what belongs to a finished step or an older attempt is
   * dropped. `hole` means that text before it is missing and nothing of it was taken.
   */
  accept(delta: MessageDelta): { items: FollowItem[]; hole: boolean };
  /** Takes note of a durable event: the text of a step that has a result is complete. */
  pass(event: StoredEvent): void;
  /** Whether a delta opens a step or an attempt although nothing durable came since the last delta. Then something was lost. */
  skipsEvents(delta: MessageDelta): boolean;
}

export function createTextTail(): TextTail {
  let current: { stepNo: number; attempt: number; length: number } | null = null;
  let finishedStep = -1;
  let eventsSinceDelta = false;

  const isOpening = ({ stepNo, attempt }: MessageDelta) =>
    current !== null && (stepNo > current.stepNo || (stepNo === current.stepNo && attempt > current.attempt));
  const isLate = ({ stepNo, attempt }: MessageDelta) =>
    stepNo <= finishedStep ||
    (current !== null &&
      (stepNo < current.stepNo || (stepNo === current.stepNo && attempt < current.attempt)));

  return {
    accept(delta) {
      if (isLate(delta)) return { items: [], hole: false };
      const { stepNo, attempt, from, text } = delta;
      const items: FollowItem[] = [];
      if (current === null || isOpening(delta)) {
        if (current?.stepNo === stepNo && current.length > 0) {
          items.push({ kind: 'control', type: 'attempt.reset', data: { stepNo, attempt } });
        }
        current = { stepNo, attempt, length: 0 };
      }
      eventsSinceDelta = false;
      if (from > current.length) return { items, hole: true };
      const fresh = text.slice(current.length - from);
      if (fresh !== '') {
        items.push({
          kind: 'control',
          type: 'message.delta',
          data: { stepNo, attempt, from: current.length, text: fresh },
        });
        current.length += fresh.length;
      }
      return { items, hole: false };
    },
    pass({ type, data }) {
      eventsSinceDelta = true;
      // The text of an interrupted call stands in the log, but another call may be made for the same step.
      const finishes = type.startsWith('toolCall.') || (type === 'message.completed' && !data.interrupted);
      if (finishes && typeof data.stepNo === 'number') finishedStep = Math.max(finishedStep, data.stepNo);
    },
    skipsEvents: (delta) => isOpening(delta) && !eventsSinceDelta,
  };
}
