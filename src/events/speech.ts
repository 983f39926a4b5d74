import type { Budget, WaitingFor } from '../store/states.ts';
import { firstSentence, forEar, wholeText } from './spoken-text.ts';
import type { PlanStep, RunEvent } from './types.ts';

/**
 * One short sentence for being read aloud, or null when the event says nothing worth hearing. No ids, no hashes, no
 * addresses, and of paths only the last name.
 */
export function speechFor(event: RunEvent): string | null {
  switch (event.type) {
    case 'run.queued':
      return 'Your task is queued.';
    case 'run.started':
      return 'Getting to work.';
    case 'run.waiting':
      return waiting(event.data.waitingFor, event.data.budget);
    case 'budget.warning':
      return `${sentenceCase(limitName(event.data.budget))} is nearly reached.`;
    case 'budget.reached':
      return `${sentenceCase(limitName(event.data.budget))} is reached.`;
    case 'run.heldBack':
      return 'I begin when one of your other agents is done.';
    case 'run.paused':
      return event.data.reason === 'approvalExpired' ? 'Nobody answered in time. Paused.' : 'Paused.';
    case 'run.resumed':
      return 'Going on.';
    case 'run.completed':
      return ['Done.', firstSentence(event.data.summary)].filter(Boolean).join(' ');
    case 'run.failed':
      return `This did not work. ${firstSentence(event.data.message) ?? 'The run failed.'}`;
    case 'run.cancelled':
      return 'Cancelled.';
    case 'message.received':
      return event.data.deliver === 'now' ? 'Got your message.' : 'Noted for afterwards.';
    case 'message.edited':
      return 'Changed your message.';
    case 'message.withdrawn':
      return 'Took your message back.';
    case 'message.completed':
      return firstSentence(event.data.text);
    case 'model.retrying':
      return 'The model did not answer. Trying again shortly.';
    case 'model.fallback':
      return 'The model did not answer. Going on with another one.';
    case 'toolCall.retrying':
      return `${sentenceCase(words(event.data.name))} did not get through. Trying again shortly.`;
    case 'approval.requested':
      return approval(event.data);
    case 'approval.decided':
      return DECIDED[event.data.decision];
    case 'approval.expired':
      // There may be many; the pause that follows says it once.
      return null;
    case 'context.compacted':
      return 'I summed up what we did so far, to have room to go on.';
    case 'question.asked':
      return question(event.data.question, event.data.choices);
    case 'plan.updated':
      return plan(event.data.steps);
    case 'result.refused':
      return 'It is not finished yet. Mending it.';
    case 'toolCall.started':
      return started(event.data.name, event.data.subject);
    case 'toolCall.completed':
      // What came of it has a sentence of its own: a file changed, a commit, a pull request, the next message.
      return null;
    case 'toolCall.failed':
      // What became of the user's own decision was said when they took it.
      return event.data.decision ? null : `${sentenceCase(words(event.data.name))} did not work.`;
    case 'toolCall.needsReview':
      return review(event.data.name, event.data.subject);
    case 'output.saved':
      return `Saved ${forEar(event.data.name)}.`;
    case 'file.changed':
      return `${sentenceCase(event.data.change)} ${forEar(event.data.path)}.`;
    case 'commit.created':
      return ended(`Committed ${files(event.data.files)}`, firstLine(event.data.message));
    case 'pullRequest.opened':
      return ended(`Opened pull request ${event.data.number}`, event.data.title);
  }
}

function limitName(budget: Budget): string {
  switch (budget) {
    case 'steps':
      return 'the step limit of this task';
    case 'duration':
      return 'the time limit of this task';
    case 'cost':
      return 'the cost limit of this task';
    case 'dailyCost':
      return 'your cost limit for today';
  }
}

function waiting(waitingFor: WaitingFor, budget: Budget | undefined): string {
  switch (waitingFor) {
    case 'approval':
      return 'I need your approval to go on.';
    case 'input':
      return 'I am waiting for your answer.';
    case 'runner':
      return 'Waiting for a runner.';
    case 'child':
      return 'Waiting for another agent to finish.';
    case 'timer':
      return 'Waiting a moment before going on.';
    case 'budget':
      // Which one it is has just been said.
      return budget === 'dailyCost' ? 'I go on when there is room again.' : 'Raise it and I go on.';
    case 'review':
      return 'Something needs your review before I go on.';
  }
}

/** A request to the web in words. Its server is what one is asked about, so it is named although it is an address. */
function webRequest(name: string, subject = ''): string | null {
  const [, method, host] = /^([A-Z]+) ([^/\s]+)/.exec(subject) ?? [];
  return name === 'http_request' && host ? `a ${method} request to ${host}` : null;
}

/** What a call is about. The name of a branch may have a slash and is no path: all of it is said. */
const named = (name: string, subject = ''): string =>
  forEar(name === 'create_branch' ? subject.replaceAll('/', ' ') : subject);

function approval({
  name,
  subject,
  because,
}: Extract<RunEvent, { type: 'approval.requested' }>['data']): string {
  const request = webRequest(name, subject);
  const about = named(name, subject);
  const wish = request ? `send ${request}` : about ? `${words(name)}: ${about}` : words(name);
  return because === 'egress' ? `I have read private and foreign text. May I ${wish}?` : `May I ${wish}?`;
}

const DECIDED = {
  allow: 'Approved.',
  deny: 'Denied.',
  sendAgain: 'Sending it again.',
  leave: 'Leaving it.',
} as const;

function review(name: string, subject: string | undefined): string {
  const about = named(name, subject);
  const what = webRequest(name, subject) ?? (about ? `${words(name)}: ${about}` : words(name));
  return `I cannot tell whether this went through: ${what}${/[.!?]$/.test(what) ? '' : '.'} Shall I send it again?`;
}

/** All of it: who cannot see the screen has to answer. */
function question(text: string, choices: readonly string[] = []): string {
  const asked = wholeText(text) ?? 'I have a question for you.';
  const options = choices.map(forEar).filter(Boolean);
  const last = options.pop();
  return options.length === 0 ? asked : `${asked} You can say: ${options.join(', ')} or ${last}.`;
}

function plan(steps: PlanStep[]): string | null {
  if (steps.length === 0) return null;
  const done = steps.filter(({ status }) => status === 'done').length;
  const next = steps.find(({ status }) => status === 'inProgress');
  if (done === steps.length) return 'All steps of the plan are done.';
  const progress =
    done === 0
      ? `The plan has ${count(steps.length, 'step')}.`
      : `${done} of ${steps.length} steps are done.`;
  const now = next ? firstSentence(next.title) : null;
  return now ? `${progress} Now: ${now}` : progress;
}

/** Tools whose outcome has a sentence of its own: saying first what comes next would say everything twice. */
const SPEAKS_AFTERWARDS: ReadonlySet<string> = new Set([
  'write_file',
  'edit_file',
  'delete_file',
  'commit',
  'open_pull_request',
  'update_plan',
  'ask_user',
]);

/** Tools whose bare name would sound like something the listener is to do. */
const DOING: Readonly<Record<string, string>> = {
  create_branch: 'Creating a branch',
  add_label: 'Adding labels',
  comment: 'Commenting',
  remember: 'Remembering',
  check_project: 'Checking the project',
};

function started(name: string, subject: string | undefined): string | null {
  if (SPEAKS_AFTERWARDS.has(name)) return null;
  // Patterns are for machines.
  if (name === 'search_code') return 'Searching the code.';
  const about = named(name, subject);
  const request = webRequest(name, subject);
  if (request) return `Sending ${request}.`;
  const isSpeakable = /[\p{L}\p{N}]/u.test(about);
  if (name === 'read_file' && isSpeakable) return `Reading ${about}.`;
  if (name === 'list_files') return isSpeakable ? `Looking around in ${about}.` : 'Looking around.';
  const doing = DOING[name] ?? sentenceCase(words(name));
  return isSpeakable ? ended(doing, about) : `${doing}.`;
}

const words = (name: string) =>
  name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
const sentenceCase = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
const files = (n: number) => count(n, 'file');
const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';

function ended(lead: string, title: string): string {
  const said = firstSentence(title);
  return said ? `${lead}: ${said}` : `${lead}.`;
}
