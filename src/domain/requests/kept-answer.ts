import { z } from 'zod';
import { open, seal } from '../../crypto/seal.ts';
import { SEALED } from '../../crypto/sealed.ts';
import type { Key } from '../../store/idempotency.ts';
import type { Context } from '../context.ts';

const answerSchema = z.object({
  status: z.int(),
  contentType: z.string().nullable(),
  location: z.string().nullable(),
  body: z.string(),
});

/** As much of an answer as is given again. */
export type Answer = z.infer<typeof answerSchema>;

const placeOf = ({ scope, key }: Key) => SEALED.answer.place(scope, key);

/** An answer may hold what is shown only once, so it is kept like a secret. */
export const sealAnswer = ({ settings }: Context, key: Key, answer: Answer): Promise<string> =>
  seal(settings.encryptionKeys, placeOf(key), JSON.stringify(answer));

export async function openAnswer({ settings }: Context, key: Key, sealed: string): Promise<Answer> {
  return answerSchema.parse(JSON.parse(await open(settings.encryptionKeys, placeOf(key), sealed)));
}
