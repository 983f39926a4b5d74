import { sealMcpHeaders } from '../../auth/mcp-headers.ts';
import { findServer, insertServer, listServers, type McpServer } from '../../store/mcp-servers.ts';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import { madeBefore } from '../made-before.ts';
import { askServer, checkHeaders, serverUrl } from './ask-server.ts';

const MOST_SERVERS = 20;

interface CreateServerInput {
  organisationId: string;
  name: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  trustsHints: boolean;
}

/**
 * Makes a remote server known whose tools agents may use, once it has said what it offers.
 *
 * @throws {AppError} validationFailed, mcpServerFailed, mcpServerExists, mcpServersFull
 */
export async function createMcpServer(context: Context, input: CreateServerInput): Promise<McpServer> {
  const { db, settings } = context;
  const { organisationId, name, headers, trustsHints } = input;
  const mcpServerId = context.newId('mcp');
  const before = await madeBefore(context, () => findServer(db, { organisationId, mcpServerId }));
  if (before) return before;
  const url = serverUrl(input.url);
  checkHeaders(headers);
  await refuseFull(context, organisationId);
  const offered = await askServer(context, { name, url, headers });
  const headerNames = Object.keys(headers);
  const sealed =
    headerNames.length > 0 ? await sealMcpHeaders(settings.encryptionKeys, mcpServerId, headers) : null;
  const which = { organisationId, mcpServerId };
  const server = { ...which, name, url, headers: sealed, headerNames, trustsHints, offered };
  const made = await insertServer(db, server, MOST_SERVERS);
  if (made) return made;
  await refuseFull(context, organisationId);
  throw new AppError('mcpServerExists', `The organisation has an MCP server "${name}" already.`);
}

/** Looked at before anybody is asked; the row decides. */
async function refuseFull({ db }: Context, organisationId: string): Promise<void> {
  const { items } = await listServers(db, { organisationId, limit: MOST_SERVERS, after: undefined });
  if (items.length >= MOST_SERVERS) {
    throw new AppError('mcpServersFull', `An organisation has at most ${MOST_SERVERS} MCP servers.`);
  }
}
