/** A tool of a remote MCP server, as it was when the server was last asked. */
export interface McpToolDefinition {
  /** As models and policies call it: `mcp__<server>__<tool>`. */
  name: string;
  /** As the server calls it. */
  remoteName: string;
  description: string;
  /** A JSON Schema of an object, as the server wrote it. */
  inputSchema: Record<string, unknown>;
  /** What the server says of it. */
  readOnlyHint: boolean;
}

/** A server as a run keeps it: what it offered when the run began. */
export interface RunMcpServer {
  id: string;
  name: string;
  trustsHints: boolean;
  tools: McpToolDefinition[];
}

/** With where it is now and the headers to send, sealed. `url` is null for a server that was removed since. */
export interface ReachedMcpServer extends RunMcpServer {
  url: string | null;
  sealedHeaders: string | null;
}
