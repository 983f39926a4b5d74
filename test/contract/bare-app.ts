import { createApp } from '../../src/app.ts';
import { openApiDocument } from '../../src/http/document.ts';
import { testContext } from '../support/context.ts';

/** The app with nothing behind it, for tests of what it says of itself. */
export const bareApp = () => createApp(testContext());

/** The document of the routes that the app has now, without its examples being read. */
export const bareDocument = () => openApiDocument(bareApp(), 'https://cadence.test')();
