import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Flow } from './world.ts';

/** Another assistant that begins to talk to Cadence. */
export const mcp: Flow = async ({ call }) => {
  const headers = { accept: 'application/json, text/event-stream' };
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'assistant', version: '1.0.0' },
  };
  const body = { jsonrpc: '2.0', id: 1, method: 'initialize', params };
  await call('sendMcpMessage', { headers, body });
  await call('sendMcpMessage', { headers: { ...headers, origin: 'https://elsewhere.test' }, body });
};

const made = z.object({ id: z.string() });

/** A remote server, from its making to its end. */
export const remoteServers: Flow = async ({ call, cloud }) => {
  const body = {
    name: 'tracker',
    url: 'https://tracker.receiver.dev/mcp',
    headers: { Authorization: 'Bearer tracker-secret' },
    trustsHints: false,
  };
  const { id } = made.parse((await call('createMcpServer', { body })).body);
  const path = { mcpServerId: id };
  await call('createMcpServer', { body });
  await call('createMcpServer', { body: { ...body, name: 'locked', headers: {} } });
  await call('listMcpServers');
  await call('getMcpServer', { path });
  await call('listMcpTools', { path });
  await call('changeMcpServer', { path, body: { ...body, name: undefined, trustsHints: true } });
  await call('refreshMcpServer', { path });
  const copies = sql`SELECT 'mcp_' || n, organisation_id, 'copy-' || n, url, header_names, tools, 0, fetched_at
    FROM mcp_servers, generate_series(1, 19) AS n WHERE id = ${id}`;
  await cloud.db.execute(
    sql`INSERT INTO mcp_servers (id, organisation_id, name, url, header_names, tools, tools_left_out, fetched_at) ${copies}`,
  );
  await call('createMcpServer', { body: { ...body, name: 'another' } });
  await cloud.db.execute(sql`DELETE FROM mcp_servers WHERE id <> ${id}`);
  await call('removeMcpServer', { path });
};
