import type { Issuers } from '../auth/issuers/issuer.ts';
import type { SealingKeys } from '../crypto/seal.ts';
import type { Engine } from '../engine/engine.ts';
import type { LiveFeed } from '../events/live.ts';
import type { GitHub } from '../github/client.ts';
import type { Log } from '../log.ts';
import type { Catalogue, ProviderName } from '../models/catalogue.ts';
import type { Queue } from '../queue/port.ts';
import type { Database } from '../store/database.ts';

/** What the verbs of the domain may use. `services.ts` builds it once an isolate; it holds nothing of one request. */
export interface Context {
  db: Database;
  github: GitHub;
  live: LiveFeed;
  queue: Queue;
  /** Whose tokens are taken besides ours. */
  issuers: Issuers;
  /** Takes runs forward; callbacks and the sweeper hand it over. */
  engine: Engine;
  /** The models there are. */
  catalogue: Catalogue;
  settings: Settings;
  /** What the readiness report asks, by name; each throws when its service does not answer. */
  pings: Readonly<Record<string, () => Promise<void>>>;
  /** A new TypeID, such as `run_01h455vb4pex5vsknk084sn02q`: its order is the order of creation. */
  newId(prefix: string): string;
  /** The clock of what never leaves this process, such as a token's expiry. Leases ask the database (E6). */
  now(): Date;
  log: Log;
  /** Of the request that a verb acts for; the context of the process has none. */
  origin?: Origin;
}

/** Where an act comes from. */
interface Origin {
  /** The trace of the request: 32 hexadecimal digits. */
  traceId: string;
  /** An earlier try under the same `Idempotency-Key` may have made what this one is to make, under the same ids. */
  isRepeated: boolean;
}

/** The part of the environment that is no service's address or key. */
interface Settings {
  /** Without a trailing slash; the issuer of our tokens and the base of callbacks. */
  publicUrl: string;
  /** Where browser apps may call from. */
  corsOrigins: readonly string[];
  /** Where a sign-in may send users back to. */
  redirectUris: readonly string[];
  jwtSecret: string;
  /** What GitHub signs its webhooks with. */
  githubWebhookSecret: string;
  /** Of people who count as employees; none where nobody does. */
  employeeEmailDomains: readonly string[];
  encryptionKeys: SealingKeys;
  /** How many requests one user may make in a minute. */
  rateLimitPerMinute: number;
  /** How much one user may say to agents in a day (UTC); null for no limit. */
  dailyMessageLimit: number | null;
  /** What an agent gets that names no provider. */
  provider: ProviderName;
  /** What an agent gets that names no model, by its provider. */
  defaultModels: Readonly<Record<ProviderName, string>>;
}
