/**
 * Places that no run here comes to, or only by chance, and why. What is not in the list must be reached, and struck in every way
 * there is.
 */
const EXEMPT: readonly { place: RegExp; why: string }[] = [
  {
    place: /\(child\)|^(?:waitForChildren|joinChildren)/,
    why: 'runs with sub-agents have a world of their own: test/faults/dag',
  },
  {
    place:
      /^(?:edit|withdraw)Message: waiting \(input\)|^(?:edit|withdraw)Message: (?:completed|failed|cancelled)/,
    why: 'a message that nobody has heard keeps a run from asking and ends a wait for an answer, and nothing is written to a run that has ended',
  },
  {
    place: /^claimRun: (?:queued|waiting \((?:timer|budget)\)) → (?:cancelled|paused)/,
    why: 'a cancel or a pause takes effect at once where there is no worker, so that a claim finds no flag',
  },
  {
    place: /^claimRun: .* → queued|^claimRun → queued/,
    why: 'fewer runs are at work here than an organisation may have: test/postgres/slot-races.test.ts has them wait',
  },
  {
    place: /^claimRun: (?:queued|waiting \((?:timer|budget)\)) → failed/,
    why: 'whoever finds the eighth lease over counts the deaths, and every wait for a timer or for money begins the count anew',
  },
  {
    place: /^addMessage: waiting \(input\) → waiting/,
    why: 'what is said to a run that asked something answers it',
  },
  {
    place: /^decideApproval: waiting \(review\) → waiting|^decideApproval → waiting \(review\)/,
    why: 'one call at a time is in review: those behind it are not begun',
  },
  {
    place: /^cancelRun: running → cancelled/,
    why: 'the user acts where a delivery asks for something, and a run whose worker is lost asks nothing',
  },
  { place: /^(?:pauseRun|resumeRun) → running · redis/, why: 'nobody is told of a flag' },
  {
    place: /^extendBudget → (?!queued).* · redis/,
    why: 'nobody is told of limits that the run does not wait for',
  },
];

/** Null for a place that must be reached. */
export const whyExempt = (place: string): string | null =>
  EXEMPT.find((exempt) => exempt.place.test(place))?.why ?? null;
