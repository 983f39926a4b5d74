import { z } from 'zod';
import { open, SealError, seal } from '../crypto/seal.ts';

const placeOf = (mcpServerId: string) => `mcpServers/${mcpServerId}/headers`;

const headersSchema = z.record(z.string(), z.string());

/** Seals what goes along with requests to a remote MCP server, for its row. */
export const sealMcpHeaders = (
  encryptionKey: string,
  mcpServerId: string,
  headers: Readonly<Record<string, string>>,
) => seal(encryptionKey, placeOf(mcpServerId), JSON.stringify(headers));

/** Opens what was sealed; null when that was done with another key or for another server, or it was altered. */
export async function openMcpHeaders(
  encryptionKey: string,
  mcpServerId: string,
  sealed: string,
): Promise<Record<string, string> | null> {
  try {
    return headersSchema.parse(JSON.parse(await open(encryptionKey, placeOf(mcpServerId), sealed)));
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
