/** The longest name of a tool that every provider of models takes. */
const LONGEST_NAME = 64;
const HASH_DIGITS = 8;

/**
 * A tool of a remote server as models call it, in letters that every provider takes. One whose name had to be changed ends in a
 * hash of it, so that two never become one.
 */
export async function modelNameOf(server: string, tool: string): Promise<string> {
  const plain = `mcp__${server}__${tool.replaceAll(/[^\w-]/g, '_')}`;
  if (plain.length <= LONGEST_NAME && plain.endsWith(`__${tool}`)) return plain;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(tool)));
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${plain.slice(0, LONGEST_NAME - HASH_DIGITS - 1)}_${hash.slice(0, HASH_DIGITS)}`;
}

/** Whether a policy may speak of such a tool. Which ones there are only the servers know. */
export const isRemoteName = (name: string): boolean => /^mcp__[a-z0-9][a-z0-9-]{0,29}__[\w-]+$/.test(name);
