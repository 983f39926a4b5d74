import { z } from '@hono/zod-openapi';
import type { FollowItem } from '../../events/follow-item.ts';
import type { RunEvent, RunEventType, StoredEvent } from '../../events/types.ts';

type ControlItem = Extract<FollowItem, { kind: 'control' }>;
type DataOf<Type extends RunEventType> = Extract<RunEvent, { type: Type }>['data'];

const stepNo = z.int();
const toolCall = { toolCallId: z.string(), stepNo, name: z.string(), subject: z.string().optional() };
const message = { messageId: z.string(), seq: z.int().nullable() };
const asked = { approvalId: z.string(), ...toolCall, expiresAt: z.iso.datetime() };
const modelChoice = z.object({ provider: z.string(), model: z.string() });
const failure = { stepNo, failure: z.int(), reason: z.string(), retryAt: z.iso.datetime() };
const budgets = z.enum(['steps', 'duration', 'cost', 'dailyCost']);
/** `limit` and `used` are steps, seconds, or US dollars. */
const limit = { budget: budgets, limit: z.number(), used: z.number() };
const nothing = z.object({});

/** What each event of a run carries. Does not compile while the product has an event that is not here. */
const DATA = {
  'run.queued': z.object({ prompt: z.string(), messageId: z.string().optional() }),
  'run.started': nothing,
  'run.waiting': z.object({
    waitingFor: z.enum(['approval', 'input', 'runner', 'child', 'timer', 'budget', 'review']),
    until: z.iso.datetime().optional(),
    budget: budgets.optional(),
    reason: z.literal('stuck').optional(),
  }),
  'run.heldBack': z.object({}),
  'run.paused': z.object({ reason: z.literal('approvalExpired').optional() }),
  'run.resumed': nothing,
  'run.completed': z.object({ summary: z.string() }),
  'run.failed': z.object({
    code: z.enum([
      'poison',
      'modelUnavailable',
      'modelRefused',
      'modelRejected',
      'contextFull',
      'toolUnavailable',
      'toolFailed',
      'accessLost',
      'resultRefused',
      'resultMissing',
      'resultInvalid',
      'pushRefused',
      'planInvalid',
    ]),
    message: z.string(),
  }),
  'run.cancelled': nothing,
  'budget.warning': z.object(limit),
  'budget.reached': z.object({
    ...limit,
    needed: z.number().openapi({ description: 'The least limit under which the next step may begin' }),
  }),
  'message.received': z.object({ ...message, deliver: z.enum(['now', 'afterRun']), text: z.string() }),
  'message.edited': z.object({ ...message, text: z.string() }),
  'message.withdrawn': z.object(message),
  'message.completed': z.object({ stepNo, text: z.string(), interrupted: z.literal(true).optional() }),
  'model.retrying': z.object({ ...failure, interruptedText: z.string().optional() }),
  'model.fallback': z.object({ stepNo, from: modelChoice, to: modelChoice, reason: z.string() }),
  'toolCall.retrying': z.object({ toolCallId: z.string(), name: z.string(), ...failure }),
  'toolCall.started': z.object(toolCall),
  'toolCall.completed': z.object(toolCall),
  'toolCall.failed': z.object({
    ...toolCall,
    message: z.string(),
    decision: z.enum(['deny', 'leave']).optional(),
  }),
  'toolCall.needsReview': z.object(asked),
  'approval.requested': z.object({ ...asked, because: z.enum(['policy', 'workflow', 'egress']).optional() }),
  'approval.decided': z.object({
    approvalId: z.string(),
    toolCallId: z.string(),
    decision: z.enum(['allow', 'deny', 'sendAgain', 'leave']),
  }),
  'approval.expired': z.object({ approvalId: z.string(), toolCallId: z.string() }),
  'context.compacted': z.object({ stepNo, coveredSteps: z.int(), tokensBefore: z.int() }),
  'question.asked': z.object({
    toolCallId: z.string().optional(),
    stepNo,
    question: z.string(),
    choices: z.array(z.string()).optional(),
  }),
  'output.saved': z.object({ name: z.string(), mediaType: z.string(), bytes: z.int() }),
  'plan.updated': z.object({
    steps: z.array(z.object({ title: z.string(), status: z.enum(['pending', 'inProgress', 'done']) })),
  }),
  'result.refused': z.object({ stepNo, message: z.string() }),
  'file.changed': z.object({ path: z.string(), change: z.enum(['created', 'edited', 'deleted']) }),
  'commit.created': z.object({
    sha: z.string(),
    message: z.string(),
    branch: z.string(),
    files: z.int(),
  }),
  'pullRequest.opened': z.object({ number: z.int(), title: z.string(), url: z.string() }),
} satisfies { [Type in RunEventType]: z.ZodType<DataOf<Type>> };

/** `run.queued` is described as RunQueuedEvent. */
const nameOf = (type: string) =>
  `${type.replaceAll(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase())}Event`;

const describe = (type: RunEventType) =>
  z
    .object({
      seq: z.int().openapi({ description: 'Gapless within the run, from 1' }),
      type: z.literal(type),
      data: DATA[type] as z.ZodObject,
      speech: z.string().nullable().openapi({ description: 'One short sentence, fit for being read aloud' }),
      at: z.iso.datetime(),
    })
    .openapi(nameOf(type));

const [first, ...others] = typedKeys(DATA).map(describe);
if (first === undefined) throw new Error('there are no events');

/** An event as it was committed, whichever it is. */
export const eventSchema: z.ZodType<StoredEvent> = z
  .discriminatedUnion('type', [first, ...others])
  .openapi('Event', {
    description: 'Something that happened in a run. New types may be added: skip what you do not know',
  });

/** TypeScript does not believe that an object has no more keys than its type; a table written in place has not. */
function typedKeys<Key extends string>(table: Record<Key, unknown>): Key[] {
  return Object.keys(table) as Key[];
}

/** Every type of event that stands in the log of a run. */
export const EVENT_TYPES = typedKeys(DATA);

const controls = {
  'message.delta': z
    .object({ stepNo, attempt: z.int(), from: z.int(), text: z.string() })
    .openapi('MessageDelta', {
      description:
        'Text as the model writes it: `from` is where it belongs, in UTF-16 units, in the text of this attempt. `message.completed` has all of it',
    }),
  'attempt.reset': z.object({ stepNo, attempt: z.int() }).openapi('AttemptReset', {
    description: 'The model begins the step anew: what was written in earlier attempts does not count',
  }),
  gap: z.object({ after: z.string(), resumedAfter: z.string().nullable() }).openapi('Gap', {
    description: 'Events behind `after` are no longer kept; the stream goes on behind `resumedAfter`',
  }),
  'auth.expired': z
    .object({})
    .openapi('AuthExpired', { description: 'The access token has expired: refresh it and come back' }),
} satisfies { [Type in ControlItem['type']]: z.ZodType<Extract<ControlItem, { type: Type }>['data']> };

/** One server-sent event. OpenAPI 3.1 has no word for streams, so this stands where the media type's schema does. */
export const streamItemSchema = z
  .object({
    event: z.string().openapi({ description: 'The type of the event', example: 'commit.created' }),
    id: z.string().optional().openapi({
      description: 'Where to come back to, as `Last-Event-ID` or `after`. Only an Event has one',
    }),
    data: z.union([eventSchema, ...Object.values(controls)]),
  })
  .openapi('StreamItem', {
    description:
      'One event of the stream, its `data` parsed as JSON. An Event has an `id`, the others do not',
  });
