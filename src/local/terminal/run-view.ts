import { z } from 'zod';
import type { StreamedEvent } from '../client/follow.ts';
import { plural } from './columns.ts';
import type { Style } from './style.ts';
import { endFlow, flow, START_OF_LINE } from './wrap.ts';

export interface RunViewOptions {
  style: Style;
  /** Columns of the terminal. */
  width: number;
}

/** A run as it is told in a terminal. */
export interface RunView {
  /** What one more event adds to the screen. Text that streams is written as it comes, the rest in whole lines. */
  show(event: StreamedEvent): string;
}

const STEP = '  ';
const INDENT = '    ';
/** The longest name of a tool, and a gap. */
const TOOL_WIDTH = 19;

const DECIDED: Readonly<Record<string, string>> = { sendAgain: 'send it again', leave: 'leave it' };

const deltaSchema = z.object({ stepNo: z.number(), attempt: z.number(), from: z.number(), text: z.string() });

/** What the lines are made of; each type of event has some of it. */
const dataSchema = z.object({
  stepNo: z.number().optional(),
  text: z.string().optional(),
  deliver: z.string().default('now'),
  name: z.string().default(''),
  subject: z.string().default(''),
  message: z.string().default(''),
  reason: z.string().default(''),
  code: z.string().default(''),
  decision: z.string().default(''),
  waitingFor: z.string().default(''),
  budget: z.string().default(''),
  limit: z.number().default(0),
  used: z.number().default(0),
  needed: z.number().default(0),
  sha: z.string().default(''),
  files: z.number().default(0),
  coveredSteps: z.number().default(0),
  number: z.number().default(0),
  title: z.string().default(''),
  question: z.string().default(''),
  choices: z.array(z.string()).default([]),
  steps: z.array(z.object({ title: z.string(), status: z.string() })).default([]),
  interrupted: z.boolean().default(false),
});
const storedSchema = z.object({ data: dataSchema });

type Data = z.infer<typeof dataSchema>;

/** Begins with an empty screen. Decides by the events alone: the same ones give the same text. */
export function createRunView({ style, width }: RunViewOptions): RunView {
  const layout = { width, indent: INDENT };
  let stepNo = 0;
  let message = { attempt: 0, written: 0 };
  let cursor = START_OF_LINE;

  const endText = (): string => {
    const rest = endFlow(cursor, layout);
    cursor = START_OF_LINE;
    return rest;
  };

  const line = (text: string): string => `${endText()}${INDENT}${text}\n`;

  const beginStep = (next: number | undefined): string => {
    if (next === undefined || next <= stepNo) return '';
    stepNo = next;
    message = { attempt: 0, written: 0 };
    return `${endText()}\n${STEP}${style.bold(`Step ${next}`)}\n`;
  };

  const write = (text: string): string => {
    message.written += text.length;
    const [out, next] = flow(cursor, text, layout);
    cursor = next;
    return out;
  };

  const showDelta = (delta: z.infer<typeof deltaSchema>): string => {
    if (delta.stepNo < stepNo) return '';
    const begun = beginStep(delta.stepNo);
    if (delta.attempt < message.attempt) return begun;
    message.attempt = delta.attempt;
    // Who comes back to a stream gets the text so far once more.
    return begun + write(delta.text.slice(Math.max(0, message.written - delta.from)));
  };

  const showReset = (): string => {
    if (message.written === 0) return '';
    const told = endText() + line(style.dim('… starting this answer again'));
    message = { attempt: 0, written: 0 };
    return told;
  };

  const showData = (type: string, data: Data): string => {
    switch (type) {
      case 'message.completed': {
        const rest = data.text ?? '';
        const told = write(rest.slice(message.written)) + endText();
        return data.interrupted ? told + line(style.dim('… interrupted')) : told;
      }
      case 'message.received':
        return line(
          `${style.bold(data.deliver === 'afterRun' ? 'You, for afterwards:' : 'You:')} ${data.text}`,
        );
      case 'message.edited':
        return line(`${style.bold('You, instead:')} ${data.text}`);
      case 'message.withdrawn':
        return line(style.dim('… you took a message back'));
      case 'plan.updated':
        return line(call(style, 'update_plan', planLine(data.steps)));
      case 'toolCall.started':
        // Its plan follows and says more.
        return data.name === 'update_plan' ? '' : line(call(style, data.name, data.subject));
      case 'toolCall.failed':
        return line(`${style.bad('✗')} ${data.name.padEnd(TOOL_WIDTH)}${data.message}`);
      case 'toolCall.retrying':
        return line(style.dim(`… ${data.name} did not get through (${data.reason}), trying again`));
      case 'approval.requested':
        return line(`${style.notable('?')} ${`${data.name.padEnd(TOOL_WIDTH)}${data.subject}`.trimEnd()}`);
      case 'approval.decided':
        return line(style.dim(`… you said: ${DECIDED[data.decision] ?? data.decision}`));
      case 'toolCall.needsReview':
        return line(style.notable(`? nobody knows whether ${data.name} went through`));
      case 'model.retrying':
        return line(style.dim(`… the model did not answer (${data.reason}), trying again`));
      case 'model.fallback':
        return line(style.dim(`… the model did not answer (${data.reason}), going on with another one`));
      case 'context.compacted':
        return line(style.dim(`… summed up ${plural(data.coveredSteps, 'step')} to have room to go on`));
      case 'commit.created':
        return line(
          `${style.good('✓')} ${'committed'.padEnd(TOOL_WIDTH)}${data.sha.slice(0, 7)}, ${plural(data.files, 'file')}`,
        );
      case 'pullRequest.opened':
        return line(`${style.good('✓')} ${'pull request'.padEnd(TOOL_WIDTH)}#${data.number} ${data.title}`);
      case 'question.asked':
        return [data.question, ...data.choices.map((choice, at) => `    ${at + 1}. ${choice}`)]
          .map((text, at) => line(at === 0 ? `${style.notable('?')} ${style.bold(text)}` : text))
          .join('');
      case 'run.waiting':
        return line(style.dim(`… waiting for ${data.waitingFor}`));
      case 'budget.warning':
        return line(style.notable(`! ${budgetLine(data)}`));
      case 'budget.reached':
        return line(style.bad(`✗ ${budgetLine(data)}; it goes on from a limit of ${data.needed}`));
      case 'run.paused':
        return line(style.dim('… paused'));
      case 'run.resumed':
        return line(style.dim('… going on'));
      case 'run.completed':
        return `${endText()}\n${STEP}${style.good('✓ Completed')}\n`;
      case 'run.cancelled':
        return `${endText()}\n${STEP}${style.bad('✗ Cancelled')}\n`;
      case 'run.failed':
        return `${endText()}\n${STEP}${style.bad('✗ Failed')} (${data.code}) ${data.message}\n`;
      default:
        return '';
    }
  };

  return {
    show({ type, data }) {
      if (type === 'message.delta') return showDelta(deltaSchema.parse(data));
      if (type === 'attempt.reset') return showReset();
      const stored = storedSchema.safeParse(data);
      if (!stored.success) return '';
      return beginStep(stored.data.data.stepNo) + showData(type, stored.data.data);
    },
  };
}

/** Whether a run has stopped for something that only a person can give it. */
export function waitsForSomebody({ type, data }: StreamedEvent): boolean {
  const waitingFor = type === 'run.waiting' ? storedSchema.safeParse(data).data?.data.waitingFor : undefined;
  return waitingFor !== undefined && ['approval', 'input', 'budget', 'review'].includes(waitingFor);
}

function call(style: Style, name: string, subject: string): string {
  return `${style.notable('→')} ${name.padEnd(TOOL_WIDTH)}${style.dim(subject)}`.trimEnd();
}

function planLine(steps: Data['steps']): string {
  const done = steps.filter(({ status }) => status === 'done').length;
  const now = steps.find(({ status }) => status === 'inProgress');
  return `${done} of ${steps.length} done${now ? `, now: ${now.title}` : ''}`;
}

/** A limit with what is used of it, in its own unit. */
function budgetLine({ budget, limit, used }: Data): string {
  switch (budget) {
    case 'steps':
      return `${used} of ${plural(limit, 'step')} taken`;
    case 'duration':
      return `${used} of ${plural(limit, 'second')} used`;
    default:
      return `$${used} of $${limit} used${budget === 'dailyCost' ? ' today' : ''}`;
  }
}
