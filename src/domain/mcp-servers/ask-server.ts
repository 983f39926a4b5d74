import { describeError } from '../../log.ts';
import type { Offered } from '../../store/mcp-servers.ts';
import type { RemoteServer } from '../../tools/mcp/connect.ts';
import { listRemoteTools } from '../../tools/mcp/list-remote-tools.ts';
import { checkWebAddress } from '../../tools/web-address.ts';
import { headersProblem } from '../../tools/web-headers.ts';
import type { Context } from '../context.ts';
import { AppError, invalidField } from '../errors.ts';

/** The protocol's own. */
const RESERVED = /^(?:accept|content-type|last-event-id|mcp-.*)$/;

/**
 * Asks a server what it offers.
 *
 * @throws {AppError} mcpServerFailed
 */
export async function askServer(
  { engine, log }: Context,
  server: RemoteServer & { name: string },
): Promise<Offered> {
  try {
    return await listRemoteTools(engine.fetch, server, new AbortController().signal);
  } catch (error) {
    log.warn('mcpServerFailed', { error: { name: describeError(error).name } });
    const { host } = new URL(server.url);
    throw new AppError('mcpServerFailed', `${host} does not answer with a list of tools.`, { cause: error });
  }
}

/**
 * The address of a server as it is kept: https on its own port, and a public name.
 *
 * @throws {AppError} validationFailed naming `body.url`
 */
export function serverUrl(text: string): string {
  const checked = checkWebAddress(text);
  if (!checked.ok) throw invalidField('body.url', `The address ${checked.reason}.`);
  return checked.url.href;
}

/** @throws {AppError} validationFailed naming `body.headers` */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  const reserved = Object.keys(headers).find((name) => RESERVED.test(name.toLowerCase()));
  const problem =
    reserved === undefined
      ? headersProblem(headers, { credentials: true })
      : `"${reserved}" is set by the protocol`;
  if (problem) throw invalidField('body.headers', `Not fit to be sent: ${problem}.`);
}
