import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { editMessage, withdrawMessage } from '../../src/store/runs/change-message.ts';
import { cancelRun } from '../../src/store/runs/control.ts';
import { deleteRun } from '../../src/store/runs/delete.ts';
import { forkAgent } from '../../src/store/runs/fork.ts';
import { addMessage } from '../../src/store/runs/inbox.ts';
import { event, queuedRun } from '../support/runs.ts';
import { control } from '../support/worker.ts';
import { describeRaces, RACERS, race } from './races.ts';

describeRaces('while a run is forgotten', (races) => {
  const cancel = (runId: string) => cancelRun(races.db, control(runId, 'run.cancelled'));

  it('fork a run that is forgotten: it is kept for its forks, or there are none', async () => {
    const kept: boolean[] = [];
    for (let round = 0; round < 12; round++) {
      const { runId, agentId, organisationId, userId } = await queuedRun(races.db);
      await races.db.execute(sql`INSERT INTO steps (run_id, step_no, epoch, content, stop_reason, delivered_seq, model_ms,
        committed_at) VALUES (${runId}, 1, 1, '[]', 'endTurn', 0, 1, now())`);
      await cancel(runId);
      const fork = (racer: number) => {
        const id = `${agentId}-fork-${racer}`;
        const at = { organisationId, userId, agentId, runId, stepNo: 1 };
        return forkAgent(races.db, { ...at, id, workspaceId: `${id}-w`, branch: id, name: null }, null);
      };
      const deletes = round % 8;
      const won = await Promise.all(
        Array.from({ length: 8 }, (_, racer) =>
          racer === deletes ? deleteRun(races.db, organisationId, runId) : fork(racer),
        ),
      );
      const { rows } = await races.db.execute<{ runs: number; forks: number }>(
        sql`SELECT (SELECT count(*)::int FROM runs WHERE id = ${runId}) AS runs,
          (SELECT count(*)::int FROM workspaces WHERE parent_run_id = ${runId}) AS forks`,
      );
      const forks = won.filter((isMade, racer) => isMade && racer !== deletes).length;
      expect(rows).toEqual([{ runs: won[deletes] ? 0 : 1, forks }]);
      if (won[deletes]) expect(forks).toBe(0);
      kept.push(!won[deletes]);
    }
    expect(kept).toContain(true);
  });

  it('change the messages of a run that is forgotten: nobody waits in a circle', async () => {
    for (let round = 0; round < 5; round++) {
      const { runId, agentId, organisationId } = await queuedRun(races.db);
      const change = (racer: number) => ({ agentId, messageId: `${runId}-${racer}`, speech: null });
      await race((racer) =>
        addMessage(races.db, { ...change(racer), text: 'as sent', resumed: event('run.resumed') }),
      );
      await cancel(runId);
      const deleted = await race<unknown>((racer) =>
        racer === RACERS / 2
          ? deleteRun(races.db, organisationId, runId)
          : racer % 2
            ? editMessage(races.db, { ...change(racer), text: `edited ${racer}` })
            : withdrawMessage(races.db, change(racer)),
      );
      expect(deleted[RACERS / 2]).toBe(true);
    }
  });
});
