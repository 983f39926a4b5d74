import { expect, it } from 'vitest';
import { createTestbed } from './testbed.ts';

const PUBLISH = '/v2/publish/http://app.test/';

async function refusal(response: Response): Promise<[number, unknown]> {
  return [response.status, await response.json()];
}

it.each([
  [{}],
  [{ Authorization: 'Bearer wrong' }],
  [{ Authorization: 'eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0=' }],
])('refuses the credentials %o', async (headers) => {
  const { service } = await createTestbed();
  const response = await fetch(service.url + PUBLISH, {
    method: 'POST',
    headers: new Headers(Object.entries(headers)),
  });
  expect(await refusal(response)).toEqual([401, { error: 'unable to authenticate: invalid token' }]);
});

it.each([
  ['Upstash-Delay', 'tomorrow', 'invalid delay: tomorrow'],
  ['Upstash-Delay', '10', 'invalid delay: 10'],
  ['Upstash-Delay', '400d', 'delay is too long: 400d'],
  ['Upstash-Not-Before', 'soon', 'invalid not before: soon'],
  ['Upstash-Retries', '-1', 'invalid retries: -1'],
  ['Upstash-Retries', 'many', 'invalid retries: many'],
  ['Upstash-Retry-Delay', 'exit(1)', 'invalid retry delay expression: unknown name "exit"'],
  ['Upstash-Timeout', 'x', 'invalid timeout: x'],
  ['Upstash-Method', 'BREW', 'invalid method: BREW'],
  [
    'Upstash-Callback',
    'app.test',
    'invalid callback url: endpoint has invalid scheme, add http:// or https://',
  ],
  ['Upstash-Flow-Control-Key', 'k', 'flow control value is missing'],
  ['Upstash-Flow-Control-Value', 'rate=1', 'flow control key is missing'],
  ['Upstash-Redact-Fields', 'all', 'invalid redact field: all'],
])('refuses %s: %s', async (name, value, error) => {
  const { call, service } = await createTestbed();
  expect(await refusal(await call(PUBLISH, { method: 'POST', headers: { [name]: value } }))).toEqual([
    400,
    { error },
  ]);
  expect(service.counts.published).toBe(0);
});

it.each(['parallelism=0', 'rate=x', 'speed=1', 'period=1m', 'rate=1,period=8d'])(
  'refuses the flow control %s',
  async (value) => {
    const { call } = await createTestbed();
    const headers = { 'Upstash-Flow-Control-Key': 'k', 'Upstash-Flow-Control-Value': value };
    expect((await call(PUBLISH, { method: 'POST', headers })).status).toBe(400);
  },
);

it.each(['app.test', 'ftp://app.test', 'https%3A%2F%2Fapp.test', 'http://', ''])(
  'refuses the destination "%s"',
  async (destination) => {
    const { call } = await createTestbed();
    const [status, body] = await refusal(await call(`/v2/publish/${destination}`, { method: 'POST' }));
    expect(status).toBe(400);
    expect(body).toEqual({ error: expect.stringMatching(/^invalid destination url: endpoint /) });
  },
);

it.each([
  ['POST', '/v2/batch', 400],
  ['POST', '/v2/queues', 400],
  ['GET', '/v2/nothing', 404],
  ['PUT', '/v2/publish/http://app.test', 405],
  ['GET', '/v2/messages/msg_unknown', 404],
  ['DELETE', '/v2/messages/msg_unknown', 404],
  ['DELETE', '/v2/messages?colour=blue', 400],
  ['GET', '/v2/dlq/1-1', 404],
  ['DELETE', '/v2/dlq/1-1', 404],
  ['POST', '/v2/dlq/retry?dlqIds=1-1', 404],
  ['GET', '/v2/dlq?host=app.test', 400],
  ['GET', '/v2/events?cursor=x', 400],
  ['GET', '/v2/events?count=0', 400],
  ['GET', '/v2/events?fromDate=today', 400],
  ['GET', '/v2/queues/none', 404],
  ['POST', '/v2/queues/none/pause', 404],
  ['GET', '/v2/schedules/none', 404],
  ['GET', '/v2/flowControl/none', 404],
  ['GET', '/v2/flowControl/%zz', 400],
])('answers %s %s with %i', async (method, path, expected) => {
  const { call } = await createTestbed();
  const [status, body] = await refusal(
    await call(path, { method, body: method === 'GET' ? undefined : '{' }),
  );
  expect(status).toBe(expected);
  expect(body).toEqual({ error: expect.any(String) });
});

it('refuses a message above the size of the plan', async () => {
  const { call } = await createTestbed();
  const response = await call(PUBLISH, { method: 'POST', body: new Uint8Array(10 * 1024 * 1024 + 1) });
  expect(response.status).toBe(413);
});
