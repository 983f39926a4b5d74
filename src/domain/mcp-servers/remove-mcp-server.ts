import { deleteServer } from '../../store/mcp-servers.ts';
import type { Context } from '../context.ts';
import { found, type WhichServer } from './get-mcp-server.ts';

/**
 * Removes a server, also from the agents that name it. A run under way that calls one of its tools is told so.
 *
 * @throws {AppError} notFound
 */
export async function removeMcpServer({ db }: Context, which: WhichServer): Promise<void> {
  found((await deleteServer(db, which)) || null);
}
