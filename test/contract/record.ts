import { createApp } from '../../src/app.ts';
import type { Examples } from '../../src/http/examples.ts';
import { openCloud } from '../support/cloud.ts';
import { holdToContract } from '../support/hold-to-contract.ts';
import { openTestIssuer, trusting } from '../support/issuer.ts';
import { TRACKER_ORIGIN, trackerServer } from '../support/mcp-server.ts';
import { account, keys, stolen, ticket } from './flows/account.ts';
import { dags } from './flows/dags.ts';
import { goals } from './flows/goals.ts';
import { issuers } from './flows/issuers.ts';
import { jobs } from './flows/jobs.ts';
import { mainJob } from './flows/main-job.ts';
import { mcp, remoteServers } from './flows/mcp.ts';
import { organisations } from './flows/organisations.ts';
import { about, limits, outages, refusals, repeats, talkative } from './flows/refusals.ts';
import { approving, steering, talking } from './flows/steering.ts';
import { triggers } from './flows/triggers.ts';
import { webhooks } from './flows/webhooks.ts';
import { createRecorder } from './recorder.ts';

/** In this order: the first answer of a kind is its example. */
const FLOWS = [
  account,
  keys,
  refusals,
  limits,
  mainJob,
  jobs,
  approving,
  steering,
  talking,
  goals,
  webhooks,
  organisations,
  triggers,
  mcp,
  remoteServers,
  dags,
  issuers,
  ticket,
  stolen,
  repeats,
  talkative,
  about,
];

/** Plays every flow over a local cloud in this process and gives what the API answered. */
export async function recordExamples(): Promise<Examples> {
  const tracker = trackerServer();
  const issuer = await openTestIssuer();
  const cloud = await openCloud({
    env: { AUTH_ISSUERS: trusting(issuer) },
    others: { issuer, tracker: { origin: TRACKER_ORIGIN, handle: tracker.handle } },
  });
  try {
    const { accessToken, user } = await cloud.signIn('demo');
    const { call, begin, examples } = createRecorder(cloud.app, accessToken);
    const world = { call, cloud, issuer, userId: user.id };
    for (const flow of FLOWS) {
      begin(cloud.app);
      await flow(world);
    }
    // A report on readiness is kept for seconds, by the app that made it.
    const app = createApp(cloud.context);
    holdToContract(app);
    begin(app);
    await outages(world);
    return examples();
  } finally {
    await cloud.close();
  }
}
