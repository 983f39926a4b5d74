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
