import { afterAll, describe, expect, it } from 'vitest';
import { testContext } from '../../../test/support/context.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { door } from '../../../test/support/door.ts';
import { tokenFor } from '../../../test/support/token.ts';
import { createApp } from '../../app.ts';
import { toolNames } from '../../tools/catalog.ts';

const database = await openTestDatabase();
afterAll(() => database.close());
const context = testContext({ db: database.db });
const api = door(createApp(context));
const token = await tokenFor(context);

describe('GET /tools', () => {
  it('describes everything agents can do', async () => {
    const { status, body } = await api.get('/api/tools', { token });
    expect(status).toBe(200);
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(toolNames);
    for (const { inputSchema } of body.data) expect(inputSchema.type).toBe('object');
  });

  it('is closed to strangers', async () => {
    expect((await api.get('/tools')).status).toBe(401);
  });
});

describe('GET /tools/:name', () => {
  it('describes one with its effect', async () => {
    const { status, body } = await api.get('/tools/edit_file', { token });
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: 'edit_file', effect: 'pure' });
  });

  it('knows no other', async () => {
    expect((await api.get('/tools/launch_rockets', { token })).status).toBe(404);
  });

  it('is closed to strangers', async () => {
    expect((await api.get('/tools/edit_file')).status).toBe(401);
  });
});
