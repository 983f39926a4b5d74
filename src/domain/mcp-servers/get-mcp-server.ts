import { findServer, type McpServer, type WhichServer } from '../../store/mcp-servers.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';

export type { WhichServer };

/** @throws {AppError} notFound for null */
export function found<Found>(server: Found | null): Found {
  if (server === null) throw new AppError('notFound', 'There is no such MCP server.');
  return server;
}

/** @throws {AppError} notFound */
export async function getMcpServer({ db }: Context, which: WhichServer): Promise<McpServer> {
  return found(await findServer(db, which));
}
