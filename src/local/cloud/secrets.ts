import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const secretsSchema = z.object({
  jwtSecret: z.string(),
  encryptionKey: z.string(),
  webhookSecret: z.string(),
  databasePassword: z.string(),
  redisToken: z.string(),
  qstashToken: z.string(),
  qstashCurrentKey: z.string(),
  qstashNextKey: z.string(),
  githubClientSecret: z.string(),
  modelKey: z.string(),
});

/** Everything secret in a local cloud. Random even here: pages in a browser on this machine can reach loopback ports. */
export type Secrets = z.infer<typeof secretsSchema>;

export function newSecrets(): Secrets {
  const token = (prefix = '') => prefix + randomBytes(24).toString('base64url');
  return {
    jwtSecret: token(),
    encryptionKey: randomBytes(32).toString('hex'),
    webhookSecret: token(),
    databasePassword: token(),
    redisToken: token(),
    qstashToken: token(),
    qstashCurrentKey: token('sig_'),
    qstashNextKey: token('sig_'),
    githubClientSecret: token(),
    modelKey: token('sk-ant-local-'),
  };
}

/**
 * The secrets kept in a file that only its owner may read; made when there is none yet.
 *
 * @throws Error when the file is there and not readable as secrets: what was sealed with them would be lost
 */
export async function keepSecrets(path: string): Promise<Secrets> {
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept === undefined) {
    const secrets = newSecrets();
    await writeFile(path, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    return secrets;
  }
  try {
    return secretsSchema.parse(JSON.parse(kept));
  } catch {
    throw new Error(`${path} cannot be read as the secrets of this local cloud.`);
  }
}
