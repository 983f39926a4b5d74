import { afterEach, beforeEach, expect } from 'vitest';
import { z } from 'zod';
import { DEVELOPMENT_CREDENTIALS } from '../../src/local/qstash/start.ts';
import { openApi } from './api.ts';
import { deliver } from './deliver.ts';

/** A Saturday. Nobody here waits for a clock. */
const START = '2026-11-21T07:30:10Z';
const knownSchema = z.array(z.object({ scheduleId: z.string(), cron: z.string() }));

/** The API with an agent and a goal of it, new for each test, at a time that stands still. */
export async function openSchedules() {
  const opened = await openApi();
  const { cloud, api, token } = opened;
  const of = { agentId: '', goalId: '' };
  const setNow = (time: string) => cloud.setNow(new Date(time));
  const path = () => `/goals/${of.goalId}/schedules`;

  beforeEach(async () => {
    await setNow(START);
    of.agentId = (await api.post('/agents', {}, { token })).body.id;
    const goal = {
      name: 'Triage',
      agentId: of.agentId,
      prompt: 'Look at {{label}}',
      parameters: { label: { type: 'string', default: 'bug' } },
    };
    of.goalId = (await api.post('/goals', goal, { token })).body.id;
  });
  afterEach(() => cloud.setNow(null));

  return {
    ...opened,
    /** Of this test. */
    of,
    setNow,
    path,
    async schedule(settings: object = {}) {
      const { status, body } = await api.post(path(), { cron: '0 8 * * *', ...settings }, { token });
      expect(status).toBe(201);
      return body;
    },
    read: async (id: string) => (await api.get(`${path()}/${id}`, { token })).body,
    slotsOf: async (id: string) => (await api.get(`${path()}/${id}/slots?limit=100`, { token })).body.data,
    runsOf: async () => (await api.get(`/runs?goalId=${of.goalId}`, { token })).body.data,
    /** The queue says that it is due. */
    async hint(scheduleId: string): Promise<string> {
      const response = await deliver(cloud, '/api/v1/callbacks/schedule', { scheduleId });
      const { outcome } = z.object({ outcome: z.string() }).parse(await response.json());
      return `${response.status} ${outcome}`;
    },
    /** What the queue knows of schedules. */
    async known(): Promise<string[]> {
      const headers = { authorization: `Bearer ${DEVELOPMENT_CREDENTIALS.token}` };
      const list = await cloud.qstash.fetch(new Request('http://qstash.local/v2/schedules', { headers }));
      return knownSchema.parse(await list.json()).map(({ scheduleId, cron }) => `${scheduleId} ${cron}`);
    },
  };
}
