import type { Listed, RowPosition } from '../../store/bounded-page.ts';
import { listServers, type McpServer } from '../../store/mcp-servers.ts';
import type { Context } from '../context.ts';

/** A page of the organisation's servers, newest first. */
export function listMcpServers(
  { db }: Context,
  page: { organisationId: string; limit: number; after: RowPosition | undefined },
): Promise<Listed<McpServer>> {
  return listServers(db, page);
}
