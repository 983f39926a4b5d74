import type { LiveFeed } from '../events/live.ts';
import type { GitHubClient } from '../github/client.ts';
import type { Fetch } from '../github/send.ts';
import type { Log } from '../log.ts';
import type { Catalogue } from '../models/catalogue.ts';
import type { Models } from '../models/providers.ts';
import type { Queue } from '../queue/port.ts';
import type { Database } from '../store/database.ts';

/** Raised when a change of the engine would make a run that is under way do something differently (E14). */
export const ENGINE_VERSION = 2;

interface EngineSettings {
  stepsPerCallback: number;
  burstMs: number;
  leaseMs: number;
  heartbeatMs: number;
  /** How long a receiver is given before it is asked whether a call whose answer was lost took effect. */
  settlingMs: number;
  /** How many runs of an organisation may be at work at once that has no number of its own. */
  concurrentRuns: number;
  /** What a user may spend in a day who has set no limit, in millionths of a US dollar; null for no limit. */
  dailyLimitMicroUsd: number | null;
}

/** Everything the engine touches, each behind a port. The engine never sees HTTP. */
export interface Engine {
  db: Database;
  live: LiveFeed;
  queue: Queue;
  catalogue: Catalogue;
  models: Models;
  /**
   * Opens the user's GitHub account with the sealed token as it is stored, or with the next one if that expires; null when it cannot be
   * opened any more.
   */
  openGitHub(userId: string, read: { sealedToken: string; isFresh: boolean }): Promise<GitHubClient | null>;
  /** Opens the user's own key at a provider as it is stored; null when it cannot be opened any more. */
  openProviderKey(userId: string, provider: string, sealedKey: string): Promise<string | null>;
  /** Opens what goes along with requests to a remote MCP server, sealed as it is stored; null when it cannot be opened any more. */
  openHeaders(mcpServerId: string, sealed: string): Promise<Record<string, string> | null>;
  /** How tools reach whoever else there is. */
  fetch: Fetch;
  settings: EngineSettings;
  newId(prefix: string): string;
  /** Milliseconds since the epoch; for bursts and durations. Leases are the database's business (E6). */
  now(): number;
  log: Log;
}
