import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tryLock } from '../lock-file.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Where the bundle is kept: away from `dist`, so that a build of another kind is not taken for this one. */
const DEFAULT_OUT_DIR = join(ROOT, 'node_modules/.cache/cadence/worker');
const POLL_MS = 100;

export interface BuiltWorker {
  /** The bundle: one ES module. */
  bundle: string;
  /** esbuild's account of what went into it. */
  metafile: string;
}

/**
 * Builds the Worker as a deployment does (`wrangler deploy --dry-run --minify`), unless the bundle there is newer than
 * everything it is made of. Processes that ask at the same time share one build.
 *
 * @throws Error with wrangler's output when the build fails
 */
export async function buildWorker(outDir = DEFAULT_OUT_DIR): Promise<BuiltWorker> {
  const bundle = join(outDir, 'worker.js');
  const metafile = join(outDir, 'bundle-meta.json');
  await mkdir(dirname(outDir), { recursive: true });
  return withLock(`${outDir}.lock`, async () => {
    if (await isFresh(bundle)) return { bundle, metafile };
    const startedAt = new Date();
    const draft = `${outDir}.draft`;
    await rm(draft, { recursive: true, force: true });
    await runWrangler(['deploy', '--dry-run', '--minify', '--outdir', draft, '--metafile']);
    // What changed while it was being built makes it out of date.
    await utimes(join(draft, 'worker.js'), startedAt, startedAt);
    await rm(outDir, { recursive: true, force: true });
    await rename(draft, outDir);
    return { bundle, metafile };
  });
}

async function isFresh(bundle: string): Promise<boolean> {
  if (!existsSync(bundle)) return false;
  const builtAt = statSync(bundle).mtimeMs;
  const sources = ['wrangler.toml', 'package-lock.json', ...(await sourceFiles())];
  return sources.every((path) => statSync(join(ROOT, path)).mtimeMs < builtAt);
}

/** Files and folders: a file that went away shows in its folder's time. */
async function sourceFiles(): Promise<string[]> {
  const entries = await readdir(join(ROOT, 'src'), { recursive: true });
  return entries
    .map((entry) => join('src', entry))
    .filter((path) => !path.startsWith(join('src', 'local')) && !path.endsWith('.test.ts'));
}

async function runWrangler(args: string[]): Promise<void> {
  const manifest = createRequire(import.meta.url).resolve('wrangler/package.json');
  const child = spawn(process.execPath, [join(dirname(manifest), 'bin/wrangler.js'), ...args], {
    cwd: ROOT,
    env: { ...process.env, WRANGLER_SEND_METRICS: 'false', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`The Worker could not be built.\n${output.trim()}`);
}

/** One process at a time. */
async function withLock<Result>(path: string, task: () => Promise<Result>): Promise<Result> {
  let attempt = await tryLock(path);
  while (!attempt.held) {
    await delay(POLL_MS);
    attempt = await tryLock(path);
  }
  try {
    return await task();
  } finally {
    attempt.release();
  }
}
