import { readOffered } from '../../store/mcp-servers.ts';
import type { Context } from '../context.ts';
import { found, type WhichServer } from './get-mcp-server.ts';

/**
 * What a server offered when it was last asked.
 *
 * @throws {AppError} notFound
 */
export async function listMcpTools({ db }: Context, which: WhichServer) {
  return found(await readOffered(db, which));
}
