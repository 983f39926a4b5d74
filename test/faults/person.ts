import { asNobody } from './actors.ts';
import { GIVES, SHUT_DAY_USD } from './budget/task.ts';
import type { Service } from './fault.ts';
import type { Asked, Phone } from './phone.ts';
import type { Seen } from './row-watch.ts';
import { hasEnded, type Said, type Simulation } from './simulation.ts';
import { TASKS } from './tasks.ts';
import type { Deed, UserAct } from './user-act.ts';
import type { VirtualTime } from './virtual-time.ts';
import { ADDED, LATER, reworded } from './words/said.ts';

/** A user needs this long to see what is asked, and to make up their mind. */
const READS_MS = 1_000;
const PAUSES_MS = 3_000;
/** A moment waits so long for the first answer to what is done in it. */
const MOMENT_MS = 2_000;
/** Who goes away is back when all that they left undecided must have expired. */
const AWAY_MS = 40 * 3_600_000;

/**
 * The user of a simulated run: does what the plan has for them, and what anybody would: allows what is asked, answers questions, resumes what is
 * paused, pays for what has reached its limit. A run in which they do not come to an end is stuck.
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
  /** Whether a run waits for somebody who went away: nothing will happen for long. */
  isAwaited(): boolean;
  /** They do nothing new. */
  leave(): void;
}

export function createPerson(simulation: Simulation, phone: Phone, time: VirtualTime): Person {
  const { plan, wrong, reviewed, said } = simulation;
  const task = TASKS[plan.task];
  const underWay = new Set<string>();
  let saysStill = true;
  let hasLeft = false;
  let isAway = false;
  let answers = 0;

  /** Of the agent that was given the task, not of its fork. */
  const newest = (): Seen | undefined => {
    const runs = [...simulation.runs.values()];
    return runs.findLast(({ row }) => row.agent_id === runs[0]?.row.agent_id);
  };

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
        if (!hasLeft) [...simulation.runs.values()].forEach(notice);
      });
    await Promise.race([first.promise, time.sleep(MOMENT_MS)]);
  };

  const resumeTwice = async (runId: string, answered: () => void) =>
    void (await Promise.all([
      phone.control(runId, 'resume', answered),
      phone.control(runId, 'resume', answered),
    ]));

  const tell = async (run: Seen, { text, deliver }: Pick<Said, 'text' | 'deliver'>, answered: () => void) => {
    await phone.sendFollowUp(run.row.agent_id, { text, deliver }, answered);
    said.set(text, { text, deliver, isEdited: false, isWithdrawn: false });
  };
  const say = async (run: Seen, answered: () => void) => {
    saysStill = false;
    await tell(run, task.followUp, answered);
  };
  const ignore = () => undefined;
  const once = new Set<string>();
  /** What is done once in a run, however often a plan has it. */
  const isFirst = (what: string): boolean => !once.has(what) && once.add(what).has(what);

  /** @returns whether there was something to change */
  const change = async (
    run: Seen,
    wish: Parameters<Phone['change']>[1],
    answered: () => void,
  ): Promise<boolean> => {
    const { what, deliver } = wish;
    const changed = await phone.change(run.row.agent_id, wish, answered);
    if (!changed) return false;
    const { text: words, isInTime } = changed;
    const known = [...said.values()].find(({ text }) => text === words || reworded(text) === words);
    const message = known ?? { text: words, deliver, isEdited: false, isWithdrawn: false };
    if (what === 'edit') message.isEdited ||= isInTime;
    else message.isWithdrawn ||= isInTime;
    said.set(message.text, message);
    return true;
  };

  /** Where nothing waits to be heard, the follow-up is said first. */
  const changeOrSay = async (run: Seen, what: 'edit' | 'withdraw', answered: () => void) => {
    const says = saysStill;
    saysStill = false;
    const wish = { what, deliver: 'now' } as const;
    if (says) {
      if (await change(run, { ...wish, isHeardToo: false }, ignore)) return answered();
      await say(run, ignore);
    }
    await change(run, { ...wish, isHeardToo: true }, answered);
  };
  const changeLater = async (run: Seen, what: 'edit' | 'withdraw', answered: () => void) => {
    if (isFirst('later')) await tell(run, LATER, ignore);
    await change(run, { what, deliver: 'afterRun', isHeardToo: true }, answered);
  };

  /** More of what the run has used up, or of all that it has limits of. */
  const extend = async ({ row }: Seen, which: 'steps' | 'cost' | 'all', answered: () => void) => {
    const { id, max_steps: steps, max_cost_micro_usd: microUsd } = row;
    await phone.extend(
      id,
      {
        ...(which === 'cost' ? {} : { maxSteps: steps + GIVES.steps }),
        ...(which === 'steps' || microUsd === null ? {} : { maxCostUsd: (microUsd + GIVES.microUsd) / 1e6 }),
      },
      answered,
    );
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
      case 'edit':
      case 'withdraw':
        return changeOrSay(run, deed, answered);
      case 'editLater':
        return changeLater(run, 'edit', answered);
      case 'withdrawLater':
        return changeLater(run, 'withdraw', answered);
      case 'add':
        return isFirst('add') ? tell(run, ADDED, answered) : undefined;
      case 'fork':
        if (!isFirst('fork')) return;
        return phone.fork({ id: run.row.agent_id, name: simulation.name }, answered);
      case 'extend':
        return extend(run, 'all', answered);
      case 'tighten':
        return phone.limitDay(SHUT_DAY_USD, answered);
      case 'ignore':
        isAway = true;
        simulation.endsByMs += AWAY_MS;
        return answered();
    }
  };

  /** Raises the limit that the run is seen to wait for, if it still does. */
  const giveMore = async (runId: string, answered: () => void): Promise<void> => {
    const run = simulation.runs.get(runId);
    if (run?.row.status !== 'waiting' || run.row.waiting_for !== 'budget') return;
    const { wake_at: wakeAt } = run.row;
    // Its timer has rung: whether it is dispatched is not theirs to see to.
    if (wakeAt !== null && Date.parse(wakeAt) <= time.now()) return;
    if (wakeAt !== null) return phone.limitDay(null, answered);
    return extend(run, run.row.step_no >= run.row.max_steps ? 'steps' : 'cost', answered);
  };

  /** Each in other words, so that one which was taken back is told from the next. */
  const answer = (): string => {
    answers += 1;
    return answers === 1 || !task.deeds ? task.answer : `And why not ${answers}?`;
  };

  /** What anybody would do about it, again while it stays so. */
  function notice(run: Seen): void {
    const { row } = run;
    const { id, status, waiting_for: waitingFor } = row;
    if (status === 'paused') isAway = false;
    const isPaused = status === 'paused' && !underWay.has('pause');
    const asks = !isAway && asksForWord(run);
    const isQuestion = status === 'waiting' && waitingFor === 'input';
    const isShort = status === 'waiting' && waitingFor === 'budget';
    const react = (what: string, work: (answered: () => void) => Promise<void>) =>
      void start(`${what} ${id}`, async (answered) => {
        await time.sleep(READS_MS);
        await work(answered);
      });
    if (isPaused) react('resume', (answered) => resumeTwice(id, answered));
    if (isQuestion) react('answer', () => phone.answer({ id, agentId: row.agent_id }, answer()));
    if (isShort) react(row.wake_at === null ? 'extend' : 'loosen', (answered) => giveMore(id, answered));
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
    isAwaited() {
      const run = newest();
      return isAway && run !== undefined && asksForWord(run);
    },
    leave() {
      hasLeft = true;
    },
  };
}

/** Whether a run waits for its user to allow a call, or to say what to do about one. */
const asksForWord = ({ row }: Seen): boolean =>
  row.status === 'waiting' && (row.waiting_for === 'approval' || row.waiting_for === 'review');
