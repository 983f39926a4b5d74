import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { ScopedChanges } from '../../src/memory/memory.ts';
import { deleteMemory, listMemories, putMemory } from '../../src/store/memories.ts';
import { queuedRun } from '../support/runs.ts';
import { describeRaces, RACERS, race, winners } from './races.ts';

const nothing = { put: [], forgotten: [] };
const both = (key: string, value: string): ScopedChanges => ({
  agent: { put: [{ key, value }], forgotten: [] },
  organisation: { put: [{ key, value }], forgotten: [] },
});

describeRaces('for what is remembered', (races) => {
  /** Runs at work, each of an agent of its own, in one organisation that remembers so much already. */
  async function runsOfOne(keys: number) {
    const runs: Awaited<ReturnType<typeof queuedRun>>[] = [];
    for (let made = 0; made < RACERS; made++) runs.push(await queuedRun(races.db));
    const { organisationId = '', userId = '' } = runs[0] ?? {};
    const agentIds = runs.map(({ agentId }) => agentId);
    await races.db.execute(
      sql`UPDATE agents SET organisation_id = ${organisationId} WHERE id = ANY(${sql.param(agentIds)}::text[])`,
    );
    await races.db.execute(
      sql`UPDATE runs SET organisation_id = ${organisationId} WHERE agent_id = ANY(${sql.param(agentIds)}::text[])`,
    );
    await races.db.execute(sql`UPDATE organisations SET remembered = (SELECT COALESCE(jsonb_object_agg('old-' || n,
        jsonb_build_object('value', 'x', 'updatedAt', '')), '{}') FROM generate_series(1, ${keys}::int) AS n)
      WHERE id = ${organisationId}`);
    await race((racer) => races.claim(runs[racer]?.runId ?? ''));
    return { organisationId, userId, runs };
  }
  const commit = (runId: string, memories: ScopedChanges) =>
    races.commit(runId, { intent: 'continue', memories });
  const shared = async (organisationId: string) =>
    (await listMemories(races.db, { organisationId }, undefined)).filter(
      ({ key }) => !key.startsWith('old-'),
    );

  it('commit steps that remember for an organisation with room for ten: ten do, whole, and no other does a part', async () => {
    const { organisationId, runs } = await runsOfOne(190);
    const moved = await race((racer) => commit(runs[racer]?.runId ?? '', both(`key-${racer}`, 'x')));
    expect(winners(moved)).toHaveLength(10);
    const kept = await shared(organisationId);
    expect(kept.map(({ runId }) => runId).sort()).toEqual(
      winners(moved)
        .map(({ runId }) => runId)
        .sort(),
    );
    for (const [racer, { agentId, runId }] of runs.entries()) {
      const own = await listMemories(races.db, { organisationId, agentId }, undefined);
      expect(own).toHaveLength(moved[racer] ? 1 : 0);
      if (!moved[racer])
        expect((await commit(runId, { agent: nothing, organisation: nothing }))?.stepNo).toBe(1);
    }
  });

  it('write one key, agents and users and who forgets it: the last word stands, and it counts once', async () => {
    const { organisationId, userId, runs } = await runsOfOne(199);
    const moved = await race<unknown>((racer) => {
      if (racer % 3 === 0)
        return putMemory(races.db, { organisationId }, { key: 'one', value: 'user', userId });
      if (racer % 9 === 1) return deleteMemory(races.db, { organisationId }, 'one');
      return commit(runs[racer]?.runId ?? '', both('one', `agent ${racer}`));
    });
    expect(moved.filter((won) => won === null)).toEqual([]);
    expect((await shared(organisationId)).length).toBeLessThanOrEqual(1);
  });

  it('write what an agent remembers while its run commits: nothing is lost, and no more is kept than may be', async () => {
    const { organisationId, userId, runs } = await runsOfOne(0);
    const { agentId = '', runId = '' } = runs[0] ?? {};
    const owner = { organisationId, agentId };
    const [first, ...written] = await race<unknown>((racer) =>
      racer === 0
        ? commit(runId, {
            agent: { put: [{ key: 'k0', value: 'x'.repeat(1_000) }], forgotten: [] },
            organisation: nothing,
          })
        : putMemory(races.db, owner, { key: `k${racer}`, value: 'x'.repeat(1_000), userId }),
    );
    const kept = await listMemories(races.db, owner, undefined);
    expect(kept).toHaveLength(19);
    expect(winners<unknown>(written).length + (first ? 1 : 0)).toBe(19);
  });
});
