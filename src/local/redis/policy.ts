import { redisCommandDefinitions } from 'js-redis-server/core';
import type { Command } from './resp.ts';

/** What a token may do. */
export type Access = 'full' | 'readOnly';

// Connection, transaction and subscription control mean nothing over stateless HTTP, or have a path of their own.
const RESTRICTED = new Set(
  (
    'AUTH CLIENT DISCARD EXEC HELLO MONITOR MULTI PSUBSCRIBE PUNSUBSCRIBE QUIT READONLY READWRITE RESET SELECT ' +
    'SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE UNSUBSCRIBE UNWATCH WATCH'
  ).split(' '),
);

// Commands a Redis behind us may have and Upstash does not: those that block, and those that run the server.
const UNAVAILABLE = new Set(
  (
    'BGREWRITEAOF BGSAVE BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLUSTER COMMAND CONFIG DEBUG ' +
    'FAILOVER LASTSAVE LATENCY MEMORY MIGRATE MODULE MOVE PSYNC REPLICAOF ROLE SAVE SHUTDOWN SLAVEOF SLOWLOG ' +
    'SPUBLISH SWAPDB SYNC WAIT WAITAOF'
  ).split(' '),
);

// The read-only token refuses KEYS and SCAN as well (Upstash's page on the REST API).
const READS = new Set(
  redisCommandDefinitions
    .filter((definition) => definition.flags.includes('readonly'))
    .map((definition) => definition.name.toUpperCase())
    .concat('ECHO')
    .filter((name) => name !== 'KEYS' && name !== 'SCAN'),
);

/**
 * The error the service gives instead of running a command, or undefined when it may run.
 *
 * Texts as Upstash gives them; that of `XREAD … BLOCK` is a guess.
 */
export function refusal(command: Command, access: Access): string | undefined {
  const name = commandName(command);
  if (RESTRICTED.has(name)) {
    return `ERR Command "${name}" is not allowed in REST or it has a special context path`;
  }
  if (UNAVAILABLE.has(name)) return unavailable(name);
  if (name === 'XREAD' || name === 'XREADGROUP') {
    const streams = command.findIndex((arg) => String(arg).toUpperCase() === 'STREAMS');
    const options = command.slice(0, streams === -1 ? undefined : streams);
    if (options.some((arg) => String(arg).toUpperCase() === 'BLOCK')) return unavailable(`${name} BLOCK`);
  }
  return access === 'readOnly' && !READS.has(name) ? notPermitted(name) : undefined;
}

/** The error of a token without the right to a command. */
export function notPermitted(name: string): string {
  return `NOPERM this user has no permissions to run the '${name.toLowerCase()}' command or its subcommand`;
}

/** Replaces the error of a Redis that does not know a command by the service's own. */
export function translateError(text: string, command: Command): string {
  return text.startsWith('ERR unknown command') ? unavailable(commandName(command)) : text;
}

/** A command's name in upper case. */
export function commandName(command: Command): string {
  return String(command[0] ?? '').toUpperCase();
}

function unavailable(name: string): string {
  return (
    `ERR Command is not available: '${name}'. ` +
    'See https://upstash.com/docs/redis/overall/rediscompatibility for details'
  );
}
