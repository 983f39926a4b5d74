import { asNobody } from './actors.ts';
import type { Service } from './fault.ts';
import type { Asked, Phone } from './phone.ts';
import type { Seen } from './row-watch.ts';
import { hasEnded, type Simulation } from './simulation.ts';
import { TASKS } from './tasks.ts';
import type { Deed, UserAct } from './user-act.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A user needs this long to see what is asked, and to make up their mind. */
const READS_MS = 1_000;
const PAUSES_MS = 3_000;
/** A moment waits so long for the first answer to what is done in it. */
const MOMENT_MS = 2_000;

/**
 * The user of a simulated run: does what the plan has for them, and what anybody would: allows what is asked, answers questions, resumes what is
 * paused. A run in which they do not come to an end is stuck.
 */
export interface Person {
  giveTask(): void;
  /** A moment of the run; resolves when what the plan has for it was answered for the first time. */
  reach(service: Service, nth: number, when: UserAct['when']): Promise<void>;
  /** The model is asked for the turn after so many. */
  hear(turns: number): Promise<void>;
  /** What the phone shows. */
  notice(seen: Seen): void;
  /** Whether they still wait for something to be done. */
  isBusy(): boolean;
  /** They do nothing new. */
  leave(): void;
}

export function createPerson(simulation: Simulation, phone: Phone, time: VirtualTime): Person {
  const { plan, wrong, reviewed } = simulation;
  const task = TASKS[plan.task];
  const underWay = new Set<string>();
  let saysStill = true;
  let hasLeft = false;

  const newest = (): Seen | undefined => [...simulation.runs.values()].at(-1);

  /** One of a kind at a time; resolves when `answered` is called, or it is over. */
  const start = async (what: string, work: (answered: () => void) => Promise<void>): Promise<void> => {
    if (underWay.has(what)) return;
    underWay.add(what);
    const first = Promise.withResolvers<void>();
    void asNobody(() => work(first.resolve))
      .catch((error: unknown) => wrong.push(`${what}: ${error}`))
      .finally(() => {
        underWay.delete(what);
        first.resolve();
        const now = newest();
        if (now && !hasLeft) notice(now);
      });
    await Promise.race([first.promise, time.sleep(MOMENT_MS)]);
  };

  const resumeTwice = async (runId: string, answered: () => void) =>
    void (await Promise.all([
      phone.control(runId, 'resume', answered),
      phone.control(runId, 'resume', answered),
    ]));

  const say = async (run: Seen, answered: () => void) => {
    saysStill = false;
    await phone.sendFollowUp(run.row.agent_id, task.followUp, answered);
  };

  /** What the plan says about a review, whatever is said about approvals. */
  const decideBy =
    (decision: 'allow' | 'deny') =>
    ({ id, kind, toolCallId }: Asked) => {
      if (kind === 'approval') return decision;
      const review = reviewed.get(id) ?? { toolCallId, decision: plan.review(reviewed.size + 1) };
      reviewed.set(id, review);
      return review.decision;
    };

  const perform = async (deed: Deed, run: Seen, answered: () => void): Promise<void> => {
    const { id } = run.row;
    switch (deed) {
      case 'pause':
        await phone.control(id, 'pause', answered);
        await time.sleep(PAUSES_MS);
        return resumeTwice(id, answered);
      case 'hold':
        return phone.control(id, 'pause', answered);
      case 'resume':
        return resumeTwice(id, answered);
      case 'cancel':
        return phone.control(id, 'cancel', answered);
      case 'retry':
        await phone.control(id, 'cancel', answered);
        for (let now = simulation.runs.get(id); now && !hasEnded(now); now = simulation.runs.get(id)) {
          await time.sleep(READS_MS);
        }
        return simulation.runs.get(id)?.row.status === 'cancelled' ? phone.retry(id, answered) : undefined;
      case 'say':
        return say(run, answered);
      case 'approve':
        return phone.decide(id, decideBy('allow'), answered);
      case 'deny':
        return phone.decide(id, decideBy('deny'), answered);
    }
  };

  /** What anybody would do about it, again while it stays so. */
  function notice({ row }: Seen): void {
    const { id, status, waiting_for: waitingFor } = row;
    const isPaused = status === 'paused' && !underWay.has('pause');
    const asks = status === 'waiting' && (waitingFor === 'approval' || waitingFor === 'review');
    const isQuestion = status === 'waiting' && waitingFor === 'input';
    const react = (what: string, work: (answered: () => void) => Promise<void>) =>
      void start(`${what} ${id}`, async (answered) => {
        await time.sleep(READS_MS);
        await work(answered);
      });
    if (isPaused) react('resume', (answered) => resumeTwice(id, answered));
    if (isQuestion) react('answer', () => phone.answer({ id, agentId: row.agent_id }, task.answer));
    if (asks) react('approve', (answered) => phone.decide(id, decideBy('allow'), answered));
  }

  return {
    giveTask() {
      void start('task', () => phone.giveTask(simulation.name, task));
    },
    async reach(service, nth, when) {
      const run = newest();
      if (!run) return;
      for (const deed of plan.deeds(service, nth, when, time.now() - simulation.startedAtMs)) {
        if (deed === 'say' && !saysStill) continue;
        simulation.deedsDone.push(deed);
        await start(deed, (answered) => perform(deed, run, answered));
      }
    },
    async hear(turns) {
      const run = newest();
      if (saysStill && run && turns === plan.followUpAfter) await start('say', (done) => say(run, done));
    },
    notice,
    isBusy: () => underWay.size > 0,
    leave() {
      hasLeft = true;
    },
  };
}
