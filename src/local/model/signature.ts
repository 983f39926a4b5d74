import { createHmac } from 'node:crypto';

/** Public on purpose: a conversation must still be accepted after the local cloud was started again. */
const KEY = 'the scripted model signs its thoughts';

/** Signs a thinking block as it is returned. A block belongs to the model that thought it. */
export function signThinking(modelId: string, thinking: string): string {
  return createHmac('sha256', KEY).update(`${modelId}\n${thinking}`).digest('base64');
}
