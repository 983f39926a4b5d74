import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { createRedisCommandExecutor, createVirtualConnection, RedisServerState } from 'js-redis-server/core';
import type { Command } from './resp.ts';

/** A Redis to speak RESP2 with. */
export interface Backend {
  /** A fresh connection. Whoever asked for it destroys it. */
  connect(): Duplex;
  /** What a connection says first; the replies are of no interest. */
  greeting: Command[];
  close(): void;
}

/** Whoever looks for an expired key finds none at any time; this only frees the memory of those for whom nobody looks. */
const FREE_EXPIRED_EVERY_MS = 60_000;

/** Redis in this process, in memory, without a socket. */
export function createEmbeddedBackend(): Backend {
  const state = new RedisServerState({ activeExpiryIntervalMs: FREE_EXPIRED_EVERY_MS });
  const executor = createRedisCommandExecutor();
  return {
    connect: () => createVirtualConnection({ state, executor }).clientSocket,
    greeting: [],
    close: () => state.close(),
  };
}

/**
 * A real Redis at `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS.
 *
 * A wrong password shows as the error of every command (`NOAUTH …`).
 */
export function createRemoteBackend(redisUrl: string): Backend {
  const url = new URL(redisUrl);
  const address = { host: url.hostname, port: Number(url.port || 6379) };
  const credentials = [url.username, url.password].filter((part) => part !== '').map(decodeURIComponent);
  const database = url.pathname.slice(1);
  return {
    connect: () =>
      url.protocol === 'rediss:' ? connectTls({ ...address, servername: address.host }) : connectTcp(address),
    greeting: [
      ...(credentials.length === 0 ? [] : [['AUTH', ...credentials]]),
      ...(database === '' ? [] : [['SELECT', database]]),
    ],
    close() {},
  };
}
