import { z } from 'zod';

const dispatchSchema = z.object({ runId: z.string(), dispatchNo: z.number() });
const failedSchema = z.object({ sourceBody: z.base64() });
const outcomeSchema = z.object({ kind: z.enum(['accepted', 'stale', 'busy']) });

/** What a delivery is about. */
export interface Hint {
  runId: string;
  /** The dispatch that it brings; null when the queue tells that it gave one up. */
  dispatchNo: number | null;
}

/** Null for a delivery that is about no run. */
export function hintOf(body: string): Hint | null {
  const brought: unknown = body === '' ? null : JSON.parse(body);
  const dispatch = dispatchSchema.safeParse(brought);
  if (dispatch.success) return dispatch.data;
  const failed = failedSchema.safeParse(brought);
  const given = failed.success ? hintOf(Buffer.from(failed.data.sourceBody, 'base64').toString()) : null;
  return given && { ...given, dispatchNo: null };
}

/** What is wrong with the answer to a delivery: each outcome has one (E7). One that failed has no outcome. */
export async function judgeAnswer(response: Response): Promise<string[]> {
  const text = await response.clone().text();
  if (!text.startsWith('{"kind":')) return [];
  const { kind } = outcomeSchema.parse(JSON.parse(text));
  const isRight =
    kind === 'busy'
      ? response.status === 503 && response.headers.has('retry-after')
      : response.status === 200;
  return isRight ? [] : [`a delivery that was ${kind} was answered ${response.status}`];
}
