import { MAX_CLAIMS_WITHOUT_COMMIT } from '../../src/store/runs/claim.ts';
import { DELIVERY_MODES, nameOf, REQUEST_MODES, type RequestMode, SERVICES } from './fault.ts';
import { PLAIN } from './plan.ts';
import type { Simulated } from './simulation.ts';
import { nameOnTask, splitTask, TASK_NAMES, TASKS, type TaskName } from './tasks.ts';
import { type Deed, nameOfAct, type UserAct } from './user-act.ts';

/** As much of a run as tells what cases there are for one that goes like it. */
export type Course = Pick<Simulated, 'requests' | 'deliveries' | 'struckAt'>;

/** The run of a task in which nothing goes wrong. */
export const plainCase = (task: TaskName): string => nameOnTask(task, PLAIN);

/** Requests and deliveries that a fault can befall. */
export type Strikable = Pick<Course, 'deliveries'> & {
  requests: readonly Pick<Course['requests'][number], 'service' | 'nth'>[];
};

const CRASHES: readonly RequestMode[] = ['crashBefore', 'crashAfter'];
const OTHER_MODES = REQUEST_MODES.filter((mode) => !CRASHES.includes(mode));

/**
 * Single faults: at each request a crash before and after it and one of the other modes, which take turns, and every mode at every
 * delivery. With `deep` every mode at every request.
 */
export function singleFaults({ requests, deliveries }: Strikable, { deep }: { deep: boolean }): string[] {
  const cases: string[] = [];
  for (const service of SERVICES) {
    const sent = requests.filter((request) => request.service === service);
    for (const [at, { nth }] of sent.entries()) {
      const other = OTHER_MODES[(at + SERVICES.indexOf(service)) % OTHER_MODES.length];
      for (const mode of REQUEST_MODES) {
        if (deep || mode === other || CRASHES.includes(mode))
          cases.push(nameOf([{ of: service, nth, mode }]));
      }
    }
  }
  for (const mode of DELIVERY_MODES) {
    for (let nth = 1; nth <= deliveries; nth++) cases.push(nameOf([{ of: 'delivery', nth, mode }]));
  }
  return cases;
}

/** Those of a run of the task. */
export const singleCases = (task: TaskName, course: Course, options: { deep: boolean }): string[] =>
  singleFaults(course, options).map((name) => nameOnTask(task, name));

/** What is tried at every moment of a run; the rest has its moments in runs left to chance. */
const EVERYWHERE = ['pause', 'cancel', 'retry', 'say'] as const;
const WHILE_ASKED = ['approve', 'deny'] as const;
/** Done in a run without the follow-up, which they say themselves. */
const SAYING: ReadonlySet<Deed> = new Set(['say', 'edit', 'withdraw']);

/** The moments at which one may act: around each request of a delivery. */
function momentsOf(requests: Course['requests']): Omit<UserAct, 'deed'>[] {
  return requests.flatMap((request, at) => {
    const { actor, service: of, nth } = request;
    if (actor !== 'delivery' || isMoreOf(requests[at - 1], request)) return [];
    // What Redis is told changes nothing, so the moment after it is the one before the next.
    const isOwn = of !== 'redis' && !leadsTo(request, requests[at + 1]);
    const moments = isOwn ? (['before', 'after'] as const) : (['before'] as const);
    return moments.map((when) => ({ of, nth, when }));
  });
}

/**
 * Whether the moment after a request is the one before the next: the same delivery sends that at once, and nobody asked for
 * anything between, so the user finds everything as it was. A model's answer begins long before it ends.
 */
const leadsTo = (
  request: Course['requests'][number],
  next: Course['requests'][number] | undefined,
): boolean =>
  request.service !== 'model' &&
  next?.actor === 'delivery' &&
  next.after !== '' &&
  next.atMs === request.atMs;

/** Whether it tells Redis what comes of the same stream a little later: of those the first is as good as any. */
const isMoreOf = (
  before: Course['requests'][number] | undefined,
  request: Course['requests'][number],
): boolean =>
  request.service === 'redis' &&
  before?.service === 'redis' &&
  (['actor', 'what', 'state', 'after'] as const).every((of) => before[of] === request[of]);

/** Requests of a delivery within this many before one of the user may be where something is asked. */
const ASKED_BEFORE = 4;

/** The run whose moments are those of the follow-up: without it, which counts among the requests. */
export const silentCase = (task: TaskName): string => nameOnTask(task, silence(task));
const silence = (task: TaskName) => `hears${TASKS[task].turns + 1}`;

/** The same run without the follow-up. */
export const silenced = (name: string): string => `${name}+${silence(splitTask(name).task)}`;

/** The user acting at every moment, and the follow-up in every turn. */
export function actCases(task: TaskName, { requests }: Course, silent: Course): string[] {
  const asked = requests.filter((_, at) =>
    requests.slice(at, at + ASKED_BEFORE).some(({ actor }) => actor === 'user'),
  );
  const on = (deeds: readonly UserAct['deed'][], moments: Omit<UserAct, 'deed'>[]) =>
    deeds.flatMap((deed) => moments.map((moment) => nameOfAct({ ...moment, deed })));
  return [
    ...[...EVERYWHERE, ...(TASKS[task].deeds ?? [])].flatMap((deed) =>
      on([deed], momentsOf(SAYING.has(deed) ? silent.requests : requests)),
    ),
    ...on(WHILE_ASKED, momentsOf(asked)),
    ...Array.from({ length: TASKS[task].turns }, (_, turns) => `hears${turns}`),
  ].map((name) => nameOnTask(task, name));
}

const OUTAGE_SECONDS = 600;

/** Each service that a run of the task needs away for ten minutes. */
export const outageCases = (task: TaskName, { requests }: Course): string[] =>
  SERVICES.filter((service) => requests.some((request) => request.service === service)).map((service) =>
    nameOnTask(task, `away-${service}@${OUTAGE_SECONDS}`),
  );

/** A phone that follows the run, with Redis and without. */
export const followCases = (task: TaskName): string[] =>
  ['follows', `away-redis@${OUTAGE_SECONDS}+follows`].map((name) => nameOnTask(task, name));

/** So many deaths in a row that the run is given up; the first worker may die otherwise than those after it. */
const deaths = (first: RequestMode, mode: RequestMode): string =>
  nameOf(
    Array.from({ length: MAX_CLAIMS_WITHOUT_COMMIT }, (_, at) => ({
      of: 'model' as const,
      nth: at + 1,
      mode: at === 0 ? first : mode,
    })),
  );

/**
 * Away for so long that a step gives up, and poison: found by the sweeper, and, where an odd number of workers died of a
 * dispatch, by the delivery that is next. Each also with something said before.
 */
export const hopelessCases = (task: TaskName): string[] =>
  [
    'away-model@1200',
    deaths('crashAfter', 'crashAfter'),
    deaths('freezeBefore', 'freezeBefore'),
    deaths('freezeBefore', 'crashAfter'),
  ].flatMap((name) => [nameOnTask(task, name), nameOnTask(task, `${name}+hears0`)]);

/** In tasks with reviews, the marked request to the web, whose answer nobody can ask for. */
const MARKED: Readonly<Partial<Record<TaskName, string>>> = { effects: 'web2', words: 'web1' };
/** One that loses its answer. */
const unknown = (task: TaskName): string[] => (MARKED[task] ? [`${MARKED[task]}:answerLost`] : []);

/** A user who wants the run to stop while its worker is about to be lost, or to put it off: whoever is next finds the flag. */
export const flagCases = (task: TaskName): string[] =>
  (['hold', 'cancel'] as const)
    .flatMap((deed) => [
      ...(['crashAfter', 'freezeBefore', 'status500'] as const).map(
        (mode) => `${deed}@model2+model2:${mode}`,
      ),
      ...unknown(task).map((fault) => `${deed}@${MARKED[task]}+${fault}`),
    ])
    .map((name) => nameOnTask(task, name));

/** What brings a run to rest in a state that a plain one does not know, in each turn of the task. */
export const restlessCases = (task: TaskName): string[] =>
  [
    ...Array.from({ length: TASKS[task].turns }, (_, at) => [
      `pause@model${at + 1}`,
      `model${at + 1}:status500`,
    ]).flat(),
    ...unknown(task),
    ...(TASKS[task].deeds ? [PLAIN] : []),
    ...(task === 'words' ? HUSHED : []),
  ].map((name) => nameOnTask(task, name));

const AT_REST = ['pause', 'cancel', 'retry', 'approve', 'deny'] as const;
const RESTS = new Set(['paused', 'waiting (timer)', 'waiting (review)']);

/** What the user of a task that is about it does besides, wherever its runs come to be. */
const ANYWHERE = ['extend', 'resume', 'tighten', 'editLater', 'withdrawLater'] as const;
/** The same where the follow-up has not been said. */
const UNSAID = ['edit', 'withdraw'] as const;

/** A message, or an answer, that is taken back before the run hears it, and one that goes away while it waits for them. */
const HUSHED = [
  'withdraw@model4',
  'withdraw@model6',
  'withdraw@neon16',
  'editLater@model1+withdraw@model6',
  'ignore@model5',
  'ignore@web1+web1:answerLost',
];
/** What a worker makes of a run whose user has taken back what there was to hear; what they do next comes first. */
const NOTHING_HEARD = new Set(['finishRun', 'waitForAnswer']);
const COMES_FIRST = [['hold'], ['cancel'], ['add'], ['add', 'hold']] as const;

/** The user acting as soon as such a run came to rest. @param silent the same run without a follow-up, which is said then */
export function restCases(first: string, course: Course, silent: Course): string[] {
  const { task, rest } = splitTask(first);
  const isOwn = TASKS[task].deeds !== undefined;
  const prefix = rest === PLAIN ? nameOnTask(task, '') : `${first}+`;
  const at = (found: Course, deeds: readonly UserAct['deed'][]) =>
    arrivals(found, isOwn && rest === PLAIN).flatMap(({ service, nth }) =>
      deeds.map((deed) => `${prefix}${deed}@${service}${nth}:after`),
    );
  const late = course.requests.filter(({ moves }) => moves.some(({ name }) => NOTHING_HEARD.has(name)));
  return [
    ...at(course, [...AT_REST, ...(isOwn ? ANYWHERE : [])]),
    ...at(silent, ['say', ...(isOwn ? UNSAID : [])]),
    ...late.flatMap(({ service, nth }) =>
      COMES_FIRST.map((deeds) => prefix + deeds.map((deed) => `${deed}@${service}${nth}`).join('+')),
    ),
  ];
}

/** Where a worker brought a run to rest for the first time, or to each state there is. */
function arrivals({ requests }: Course, isToAll: boolean): Course['requests'] {
  const found = new Map<string, Course['requests'][number]>();
  for (const request of requests) {
    if (request.actor !== 'delivery') continue;
    for (const { to } of request.moves) {
      const key = isToAll ? to : 'rest';
      if ((isToAll || RESTS.has(to)) && !found.has(key)) found.set(key, request);
    }
  }
  return [...found.values()];
}

/** Left to chance: every fourth run with a fault in every fourth request, the others in every tenth; four of each task in turn. */
export const chanceCase = (seed: number): string =>
  nameOnTask(
    TASK_NAMES[Math.floor(seed / 4) % TASK_NAMES.length] ?? 'reference',
    `seed${seed}@${seed % 4 === 0 ? 25 : 10}`,
  );

/** Faults after which a run takes another way back, and those that strike it there. */
const FIRST_MODES: readonly RequestMode[] = ['errorBefore', 'answerLost', 'crashAfter'];
const SECOND_MODES: readonly RequestMode[] = ['errorBefore', 'answerLost', 'crashBefore', 'crashAfter'];

/** Of requests for the same by the same, while the run is at the same and its sender too, the first. */
function distinct(requests: Course['requests']): Course['requests'] {
  const found = new Map<string, Course['requests'][number]>();
  for (const request of requests) {
    const { actor, what, state, after } = request;
    const key = `${actor} ${what} ${state} ${after}`;
    if (request.service !== 'redis' && !found.has(key)) found.set(key, request);
  }
  return [...found.values()];
}

/** The first faults of pairs. */
export const firstOfPairs = (task: TaskName, { requests }: Course): string[] =>
  distinct(requests).flatMap(({ service, nth }) =>
    FIRST_MODES.map((mode) => nameOnTask(task, nameOf([{ of: service, nth, mode }]))),
  );

/** The pairs that begin with a fault, for a run with that one. */
export const pairsAfter = (first: string, { requests, struckAt }: Course): string[] =>
  distinct(requests.slice((struckAt[0] ?? requests.length) + 1)).flatMap(({ service, nth }) =>
    SECOND_MODES.map((mode) => `${first}+${nameOf([{ of: service, nth, mode }])}`),
  );
