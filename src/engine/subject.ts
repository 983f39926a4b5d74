import { cutText } from '../cut-text.ts';
import type { ValidatedCall } from '../tools/execute.ts';

/** Events are bounded in size, whatever a call is about. */
const LONGEST_SUBJECT = 200;

/** What a call is about, for people, as a part of an event. */
export function subjectOf(checked: ValidatedCall): { subject?: string } {
  const subject = checked.ok ? checked.tool.subject?.(checked.input) : undefined;
  return subject === undefined ? {} : { subject: cutText(subject, LONGEST_SUBJECT) };
}
