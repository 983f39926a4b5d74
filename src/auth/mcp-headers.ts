import { z } from 'zod';
import { open, SealError, type SealingKeys, seal } from '../crypto/seal.ts';
import { SEALED } from '../crypto/sealed.ts';

const headersSchema = z.record(z.string(), z.string());

/** Seals what goes along with requests to a remote MCP server, for its row. */
export const sealMcpHeaders = (
  encryptionKeys: SealingKeys,
  mcpServerId: string,
  headers: Readonly<Record<string, string>>,
) => seal(encryptionKeys, SEALED.mcpHeaders.place(mcpServerId), JSON.stringify(headers));

/** Opens what was sealed; null when that was done with another key or for another server, or it was altered. */
export async function openMcpHeaders(
  encryptionKeys: SealingKeys,
  mcpServerId: string,
  sealed: string,
): Promise<Record<string, string> | null> {
  try {
    return headersSchema.parse(
      JSON.parse(await open(encryptionKeys, SEALED.mcpHeaders.place(mcpServerId), sealed)),
    );
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
