import { parseArgs } from 'node:util';
import { boot } from '../src/local/boot.ts';
import { LocalCloudError } from '../src/local/cloud/local-cloud-error.ts';
import { describeModelSource, modelSourceFrom } from '../src/local/cloud/model-source.ts';
import { DEFAULT_PORT, portsFrom } from '../src/local/cloud/ports.ts';
import { DEFAULT_STATE_DIR, wipeState, writeEnvFile } from '../src/local/cloud/state-dir.ts';
import type { LocalCloud } from '../src/local/cloud.ts';
import { field } from '../src/local/terminal/columns.ts';
import { showLogLine } from '../src/local/terminal/log-line.ts';
import { styleFor } from '../src/local/terminal/style.ts';
import { stagePrinter } from './support/boot-view.ts';
import { main } from './support/main.ts';

/** The scripted model speaks at a pace at which a person can pause, resume and cancel it. */
const CHUNK_DELAY_MS = 60;

const HELP = `npm start -- [options]

Runs Cadence on this machine until Ctrl-C. Its state stays.

  --repo PATH   adds a copy of a Git repository as demo/<name>; may be repeated
  --fresh       forgets everything first
  --port PORT   where the API listens, ${DEFAULT_PORT} unless given; the stand-ins follow it
  --state DIR   where the state is kept, ${DEFAULT_STATE_DIR} unless given`;

await main(async (stop) => {
  const { values } = parseArgs({
    options: {
      repo: { type: 'string', multiple: true, default: [] },
      fresh: { type: 'boolean', default: false },
      port: { type: 'string', default: process.env.PORT ?? String(DEFAULT_PORT) },
      state: { type: 'string', default: DEFAULT_STATE_DIR },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const style = styleFor(process.stdout, process.env);
  const model = modelSourceFrom(process.env);
  const stateDir = values.state;
  if (values.fresh) await wipeState(stateDir);

  console.log('');
  const booted = await boot({
    stateDir,
    ports: portsFrom(readPort(values.port)),
    repositories: values.repo,
    model,
    chunkDelayMs: CHUNK_DELAY_MS,
    redisUrl: process.env.LOCAL_REDIS_URL,
    env: {
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
      ENCRYPTION_OLD_KEYS: process.env.ENCRYPTION_OLD_KEYS ?? '',
    },
    onStage: stagePrinter(style),
    onLine: (line) => console.log(showLogLine(line, style)),
  });
  const { cloud, url } = booted;
  try {
    await writeEnvFile(stateDir, cloud.env);
    console.log(`
${style.bold('Cadence is running.')} Ctrl-C stops it; its state stays in ${stateDir}/.

${field('API', url)}
${field('GitHub', cloud.github.url)}
${field('Model', describeModelSource(model))}
${repositoryLines(cloud.repositories)}
${field('Token', `npm run --silent token${stateFlag(stateDir)}`)}
${field('Development', `npm run dev${stateFlag(stateDir)}`)}
`);
    const lastLines = await Promise.race([aborted(stop), booted.worker().exited]);
    if (lastLines === undefined) return 0;
    throw new LocalCloudError(`The Worker's process has ended.\n${lastLines}`);
  } finally {
    console.log('Stopping …');
    await booted.close();
  }
});

/** The other commands look for the state where this one keeps it. */
function stateFlag(stateDir: string): string {
  return stateDir === DEFAULT_STATE_DIR ? '' : ` -- --state ${stateDir}`;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function readPort(given: string): number {
  const port = Number(given);
  if (Number.isInteger(port) && port >= 1024 && port <= 65_000) return port;
  throw new LocalCloudError(`${given} is not a port from 1024 to 65000.`);
}

/** Says which copies were there already: what changed in their source since is not in them. */
function repositoryLines([sample, ...copies]: LocalCloud['repositories']): string {
  const lines = copies.map(({ fullName, isNew }) =>
    field('', isNew ? fullName : `${fullName}, as it was (--fresh copies everything anew)`),
  );
  return [field('Repositories', sample?.fullName ?? ''), ...lines].join('\n');
}
