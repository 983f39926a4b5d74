import { describe, expect, it } from 'vitest';
import { testContext } from '../../../test/support/context.ts';
import { door } from '../../../test/support/door.ts';
import { createApp } from '../../app.ts';

const up = async () => undefined;
const down = async () => {
  throw new Error('connection to secret-host refused');
};

describe('GET /health', () => {
  it('touches nothing', async () => {
    const api = door(createApp(testContext({ pings: { database: down } })));
    const { status, body } = await api.get('/health');
    expect(status).toBe(200);
    expect(body).toEqual({ status: 'ok' });
  });
});

describe.each(['/ready', '/health/ready'])('GET %s', (path) => {
  it('is ready when everything answers', async () => {
    const api = door(createApp(testContext({ pings: { database: up, redis: up } })));
    const { status, body } = await api.get(path);
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'ready',
      dependencies: {
        database: { status: 'up', latencyMs: 0 },
        redis: { status: 'up', latencyMs: 0 },
      },
      scheduler: null,
    });
  });

  it('names what is down, and tells why in the log alone', async () => {
    const context = testContext({ pings: { database: down, redis: up } });
    const { status, body } = await door(createApp(context)).get(path);
    expect(status).toBe(503);
    expect(body).toMatchObject({
      status: 'notReady',
      dependencies: { database: { status: 'down' }, redis: { status: 'up' } },
    });
    expect(JSON.stringify(body)).not.toContain('secret-host');
    expect(context.lines.join()).toContain('secret-host');
  });
});

describe('the report at its two addresses', () => {
  it('costs one question to each service for both', async () => {
    const asked: string[] = [];
    const database = async () => void asked.push('database');
    const api = door(createApp(testContext({ pings: { database } })));
    const answers = [await api.get('/ready'), await api.get('/health/ready'), await api.get('/ready')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(asked).toEqual(['database']);
  });
});
