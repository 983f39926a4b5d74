import { Client, Receiver } from '@upstash/qstash';
import { expect, it, onTestFinished, vi } from 'vitest';
import { listen } from '../listen.ts';
import { DEVELOPMENT_CREDENTIALS, start } from './start.ts';

const { token, ...keys } = DEVELOPMENT_CREDENTIALS;

it('delivers over the network in real time, to a destination that can verify it', async () => {
  const seen: { body: string; signature: string }[] = [];
  const app = await listen(async (request) => {
    seen.push({
      body: await request.text(),
      signature: request.headers.get('upstash-signature') ?? '',
    });
    return new Response(null, { status: seen.length === 1 ? 503 : 200 });
  });
  onTestFinished(() => app.close());
  const service = await start();
  onTestFinished(() => service.close());
  const client = new Client({ baseUrl: service.url, token, retry: false, devMode: false });
  const url = `${app.url}//callbacks/run?x=1`;
  await client.publishJSON({ url, body: { runId: 'run_1' }, retryDelay: '10' });
  await vi.waitFor(() => expect(service.deliveries.map(({ status }) => status)).toEqual([503, 200]));
  const { body = '', signature = '' } = seen[1] ?? {};
  expect(body).toBe('{"runId":"run_1"}');
  expect(await new Receiver({ ...keys, devMode: false }).verify({ body, signature, url })).toBe(true);
});

it('retries a destination that is not there', async () => {
  const gone = await listen(() => new Response());
  await gone.close();
  const service = await start();
  onTestFinished(() => service.close());
  const client = new Client({ baseUrl: service.url, token, retry: false, devMode: false });
  await client.publish({ url: gone.url, retries: 1, retryDelay: '1' });
  await vi.waitFor(async () => expect((await client.dlq.listMessages()).messages).toHaveLength(1));
  expect(service.deliveries.map(({ status }) => status)).toEqual([0, 0]);
});

it('closes while a destination keeps it waiting', async () => {
  const app = await listen(() => new Promise<Response>(() => undefined));
  onTestFinished(() => app.close());
  const service = await start();
  const client = new Client({ baseUrl: service.url, token, retry: false, devMode: false });
  await client.publish({ url: app.url });
  await service.close();
  expect(service.deliveries).toMatchObject([{ status: 0 }]);
});
