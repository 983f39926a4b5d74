import { open, SealError, seal } from '../../crypto/seal.ts';
import { SEALED } from '../../crypto/sealed.ts';
import type { Context } from '../context.ts';

/** Seals a secret for the row of its endpoint. */
export const sealSecret = ({ settings }: Context, webhookEndpointId: string, secret: string) =>
  seal(settings.encryptionKeys, SEALED.webhookSecret.place(webhookEndpointId), secret);

/** Opens what was sealed; null when that was done with another key, or it was altered. */
export async function openSecret(
  { settings }: Context,
  webhookEndpointId: string,
  sealed: string,
): Promise<string | null> {
  try {
    return await open(settings.encryptionKeys, SEALED.webhookSecret.place(webhookEndpointId), sealed);
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
