import { SqlError } from './wire.ts';

/** Who may connect, and to what. */
export interface Credentials {
  user: string;
  password: string;
  database: string;
}

/**
 * Checks the `Neon-Connection-String` header as Neon's proxy does, in its order and with its texts.
 *
 * Any host is accepted: locally there is one endpoint.
 *
 * @throws SqlError 400 for a missing or malformed string, a wrong user or password, or an unknown database
 */
export function authenticate(headers: Record<string, string>, expected: Credentials): void {
  const connectionString = headers['neon-connection-string'];
  if (connectionString === undefined) throw new SqlError('invalid header: neon-connection-string');
  const given = readConnectionString(connectionString);
  if (headers.authorization !== undefined) {
    throw new SqlError('the local Neon knows no JWT authentication: send a password');
  }
  if (given.password === '') throw new SqlError('missing authentication credentials: required password');
  if (given.user !== expected.user || given.password !== expected.password) {
    throw new SqlError(`password authentication failed for user '${given.user}'`);
  }
  if (given.database !== expected.database) {
    throw new SqlError(`database "${given.database}" does not exist`, 400, {
      code: '3D000',
      severity: 'FATAL',
    });
  }
}

/** Clients send the same one with each request. */
let last: { text: string; credentials: Credentials } | undefined;

function readConnectionString(text: string): Credentials {
  if (last?.text !== text) last = { text, credentials: parseConnectionString(text) };
  return last.credentials;
}

function parseConnectionString(text: string): Credentials {
  if (!URL.canParse(text)) throw new SqlError('invalid connection string: relative URL without a base');
  const url = new URL(text);
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') throw new SqlError('incorrect scheme');
  const database = decode(url.pathname.slice(1).split('/')[0] ?? '');
  if (database === '') throw new SqlError('invalid database name');
  if (url.username === '') throw new SqlError('missing username');
  if (url.hostname === '') throw new SqlError('missing hostname');
  return { user: decode(url.username), password: decode(url.password), database };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
