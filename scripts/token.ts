import { parseArgs } from 'node:util';
import { DEFAULT_STATE_DIR, findRunningCloud } from '../src/local/cloud/state-dir.ts';
import { signIn } from '../src/local/sign-in.ts';
import { main } from './support/main.ts';

/** Prints an access token of the demo user, and nothing else, for `$(npm run --silent token)`. It lives 15 minutes. */
await main(async () => {
  const { values } = parseArgs({
    options: {
      login: { type: 'string', default: 'demo' },
      state: { type: 'string', default: DEFAULT_STATE_DIR },
    },
  });
  const { accessToken } = await signIn(await findRunningCloud(values.state), values.login);
  console.log(accessToken);
  return 0;
});
