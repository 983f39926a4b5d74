import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { DEFAULT_STATE_DIR, envFileOf, findRunningCloud } from '../src/local/cloud/state-dir.ts';
import { main } from './support/main.ts';

const HELP = `npm run dev -- [--port PORT] [--state DIR]

Serves the Worker with wrangler, which reloads it when a file changes, over the local cloud of a running npm start.
The one that npm start serves goes on beside it: runs started here are called back here.`;

await main(async (stop) => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8788' },
      state: { type: 'string', default: DEFAULT_STATE_DIR },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  await findRunningCloud(values.state);
  const wrangler = join(
    dirname(createRequire(import.meta.url).resolve('wrangler/package.json')),
    'bin/wrangler.js',
  );
  const child = spawn(
    process.execPath,
    [
      wrangler,
      'dev',
      ...['--port', values.port],
      ...['--env-file', envFileOf(values.state)],
      ...['--var', `PUBLIC_URL:http://127.0.0.1:${values.port}`],
    ],
    {
      stdio: 'inherit',
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
    },
  );
  // Ctrl-C reaches wrangler through the terminal; whoever stops only us means it as well.
  stop.addEventListener('abort', () => child.kill('SIGTERM'));
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 0;
});
