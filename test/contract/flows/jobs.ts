import { deliverUntilRest } from '../../support/deliver.ts';
import type { Flow } from './world.ts';

/** A backend from the prompt to the zip, and one that is given up. */
export const jobs: Flow = async ({ call, cloud }) => {
  const body = { prompt: 'A REST API for notes, with tags and search' };
  const { body: accepted } = await call('generateBackend', {
    body: { ...body, repository: 'demo/notes-api' },
  });
  const path = { jobId: accepted.jobId, path: 'README.md' };
  await deliverUntilRest(cloud, accepted.jobId.replace('job_', 'run_'));
  await call('getJob', { path });
  await call('listJobs', { query: { state: 'completed' } });
  await call('listJobFiles', { path });
  await call('readJobFile', { path });
  await call('zipJobFiles', { path });
  const pushed = { path, body: { repository: 'demo/notes-api' } };
  await call('pushJob', pushed);
  await call('pushJob', { path, body: { repository: 'demo/todo-api' } });
  await call('generateBackend', { body: { ...body, repository: 'demo/todo-api' } });

  const another = await call('generateBackend', { body: { prompt: 'A chat server', stack: 'hono' } });
  const given = { jobId: another.body.jobId };
  await call('pushJob', { path: given, body: { repository: 'demo/chat' } });
  await call('deleteJob', { path: given });
  await call('deleteJob', { path: given });
  await call('getJob', { path: given });
};
