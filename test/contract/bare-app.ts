import { createApp } from '../../src/app.ts';
import { testContext } from '../support/context.ts';

/** The app with nothing behind it, for tests of what it says of itself. */
export const bareApp = () => createApp(testContext());
