import { z } from 'zod';

const dispatchSchema = z.object({ dispatchNo: z.number() });
const outcomeSchema = z.object({ kind: z.enum(['accepted', 'stale', 'busy']) });

/** The dispatch that a delivery brings; null for what brings none. */
export async function dispatchOf(request: Request): Promise<number | null> {
  const text = await request.clone().text();
  return dispatchSchema.safeParse(text === '' ? {} : JSON.parse(text)).data?.dispatchNo ?? null;
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
