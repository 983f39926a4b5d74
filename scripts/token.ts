import { parseArgs } from 'node:util';
import { DEFAULT_STATE_DIR, findRunningCloud } from '../src/local/cloud/state-dir.ts';
import { signIn } from '../src/local/sign-in.ts';
import { main } from './support/main.ts';

/**
 * Prints an access token of the demo user, and nothing else, for `$(npm run --silent token)`. It lives 15 minutes, and is good
 * for the address it was made at: `--url` names another one than that of `npm start`, such as that of `npm run dev`.
 */
await main(async () => {
  const { values } = parseArgs({
    options: {
      login: { type: 'string', default: 'demo' },
      state: { type: 'string', default: DEFAULT_STATE_DIR },
      url: { type: 'string' },
    },
  });
  const running = await findRunningCloud(values.state);
  const { accessToken } = await signIn(values.url ?? running, values.login);
  console.log(accessToken);
  return 0;
});
