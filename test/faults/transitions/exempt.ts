/**
 * Places that no run here comes to, or only by chance, and why. What is not in the list must be reached, and struck in every way
 * there is.
 */
const EXEMPT: readonly { place: RegExp; why: string }[] = [
  { place: /^forkAgent/, why: 'nobody forks an agent here: the run of a fork goes like any other' },
  {
    place: /^(?:edit|withdraw)(?:Queued|Message)|^finishRun|^waitForAnswer/,
    why: 'nobody changes a message here or takes it back',
  },
  { place: /^(?:extendBudget|reserveMore)|\(budget\)/, why: 'the runs here have no limits' },
  { place: /^commitStep.* → waiting \(input\)/, why: 'no task goes round in circles' },
  {
    place: /^claimRun: (?:queued|waiting \(timer\)) → (?:cancelled|paused)/,
    why: 'a cancel or a pause takes effect at once where there is no worker, so that a claim finds no flag',
  },
  {
    place: /^claimRun: .* → queued|^claimRun → queued/,
    why: 'fewer runs are at work here than an organisation may have: test/postgres/slot-races.test.ts has them wait',
  },
  {
    place: /^claimRun: (?:queued|waiting \(timer\)) → failed/,
    why: 'whoever finds the eighth lease over counts the deaths, and every wait for a timer begins the count anew',
  },
  {
    place: /^sweepRuns: waiting \((?:approval|review)\) → paused/,
    why: 'the user answers long before it expires',
  },
  {
    place: /^addMessage: (?:waiting \((?:input|review)\)) → waiting/,
    why: 'what is said to a run that asked something answers it, and a task with reviews hears nothing else',
  },
  {
    place: /^askUser: running → running|^askUser → running/,
    why: 'in the task that asks, what is said is for afterwards',
  },
  {
    place: /^decideApproval: (waiting \(\w+\)) → \1|^decideApproval → waiting/,
    why: 'no step asks for two words of the user, and one call at a time is in review',
  },
  {
    place: /^cancelRun: running → cancelled/,
    why: 'the user acts where a delivery asks for something, and a run whose worker is lost asks nothing',
  },
  { place: /^pauseRun → running · redis/, why: 'nobody is told of a flag' },
  { place: /^resumeRun → running · redis/, why: 'nobody is told of a flag' },
];

/** Null for a place that must be reached. */
export const whyExempt = (place: string): string | null =>
  EXEMPT.find((exempt) => exempt.place.test(place))?.why ?? null;
