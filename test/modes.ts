/** `npm run test:modes`: the integration tests once in each mode of `support/mode.ts`. */
import { spawnSync } from 'node:child_process';
import { MODE_NAMES } from './support/mode.ts';

const FOLDERS = ['src/engine', 'src/http', 'test/streams'];

const failed = MODE_NAMES.filter((mode) => {
  console.log(`\n${mode}`);
  const { status } = spawnSync('vitest', ['run', '--reporter=dot', ...FOLDERS], {
    env: { ...process.env, TEST_MODE: mode },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return status !== 0;
});
console.log(
  `\n${MODE_NAMES.length - failed.length} modes passed, ${failed.length} failed ${failed.join(', ')}`.trimEnd(),
);
process.exitCode = failed.length === 0 ? 0 : 1;
