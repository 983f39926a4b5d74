import { openMcpHeaders, sealMcpHeaders } from '../../auth/mcp-headers.ts';
import { type McpServer, readHeaders, updateServer } from '../../store/mcp-servers.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';
import { askServer, checkHeaders, serverUrl } from './ask-server.ts';
import { found, getMcpServer, type WhichServer } from './get-mcp-server.ts';

interface Changes {
  url?: string | undefined;
  /** All of them; null for none any more. */
  headers?: Readonly<Record<string, string>> | null | undefined;
  trustsHints?: boolean | undefined;
}

/**
 * Changes what is given. With another address or other headers the server is asked anew what it offers. Its headers do not go along to
 * another origin by themselves: whoever moves a server may not know them.
 *
 * @throws {AppError} notFound, validationFailed, mcpServerFailed
 */
export async function changeMcpServer(
  context: Context,
  which: WhichServer,
  changes: Changes,
): Promise<McpServer> {
  const { db, settings } = context;
  const before = await getMcpServer(context, which);
  const { headers, trustsHints } = changes;
  const url = changes.url === undefined ? undefined : serverUrl(changes.url);
  if (headers) checkHeaders(headers);
  const moves = url !== undefined && new URL(url).origin !== new URL(before.url).origin;
  if (moves && headers === undefined && before.headerNames.length > 0) {
    throw invalidField('body.headers', 'Give them anew with an address of another origin, or null.');
  }
  if (url === undefined && headers === undefined)
    return found(await updateServer(db, which, { trustsHints }));
  const sent = headers === undefined ? await headersOf(context, which) : (headers ?? {});
  const at = url ?? before.url;
  const offered = await askServer(context, { name: before.name, url: at, headers: sent });
  const names = Object.keys(sent);
  const kept =
    names.length === 0
      ? null
      : { sealed: await sealMcpHeaders(settings.encryptionKeys, which.mcpServerId, sent), names };
  // Both, as they were asked with: of two changes at one time the later is whole.
  return found(await updateServer(db, which, { url: at, headers: kept, trustsHints, offered }));
}

/**
 * Asks a server what it offers now. Runs that begin from then on get that.
 *
 * @throws {AppError} notFound, mcpServerFailed
 */
export async function refreshMcpServer(context: Context, which: WhichServer): Promise<McpServer> {
  const { name, url } = await getMcpServer(context, which);
  const offered = await askServer(context, { name, url, headers: await headersOf(context, which) });
  return found(await updateServer(context.db, which, { offered }));
}

async function headersOf({ db, settings }: Context, which: WhichServer): Promise<Record<string, string>> {
  const sealed = await readHeaders(db, which);
  if (sealed === null) return {};
  const headers = await openMcpHeaders(settings.encryptionKeys, which.mcpServerId, sealed);
  if (headers === null) {
    throw new AppError('mcpServerFailed', 'Its headers cannot be opened any more. Give them anew.');
  }
  return headers;
}
