import { z } from 'zod';
import type { StreamedEvent } from '../client/follow.ts';
import type { Style } from './style.ts';

const WIDEST_ID = 24;
const LONGEST_LINE = 90;

const storedSchema = z.object({
  data: z.object({
    nodeId: z.string().optional(),
    attempt: z.number().default(1),
    name: z.string().default(''),
    subject: z.string().default(''),
    text: z.string().default(''),
    message: z.string().default(''),
    waitingFor: z.string().default(''),
    sha: z.string().default(''),
    number: z.number().default(0),
    title: z.string().default(''),
    error: z.object({ message: z.string() }).nullish(),
  }),
});
type Data = z.infer<typeof storedSchema>['data'];

/** What one more event of an execution of a DAG adds to the screen: a line, with the node it is about in front; nothing for what is not told. */
export function showDagEvent({ type, data }: StreamedEvent, style: Style): string {
  const stored = storedSchema.safeParse(data);
  if (!stored.success) return '';
  const told = tell(type, stored.data.data, style);
  if (told === '') return '';
  const { nodeId } = stored.data.data;
  return `  ${nodeId === undefined ? '' : `${style.bold(cut(nodeId, WIDEST_ID).padEnd(WIDEST_ID))}  `}${told}\n`;
}

function tell(type: string, data: Data, style: Style): string {
  switch (type) {
    case 'node.started':
      return style.notable(data.attempt > 1 ? `▶ begins again (${data.attempt})` : '▶ begins');
    case 'node.waiting':
      return style.notable(`? waits for ${data.waitingFor}`);
    case 'node.completed':
      return style.good('✓ completed');
    case 'node.failed':
    case 'node.skipped':
    case 'node.cancelled':
      return style.bad(`✗ ${type.slice('node.'.length)}${data.error ? `: ${data.error.message}` : ''}`);
    case 'message.completed':
      return style.dim(cut(data.text.replaceAll(/\s+/g, ' '), LONGEST_LINE));
    case 'toolCall.started':
      return `→ ${`${data.name} ${data.subject}`.trimEnd()}`;
    case 'toolCall.failed':
      return style.bad(`✗ ${data.name}: ${cut(data.message, LONGEST_LINE)}`);
    case 'commit.created':
      return style.good(`✓ committed ${data.sha.slice(0, 7)}`);
    case 'pullRequest.opened':
      return style.good(`✓ pull request #${data.number} ${data.title}`);
    case 'execution.completed':
      return `\n  ${style.good('✓ All parts are done')}`;
    case 'execution.failed':
    case 'execution.cancelled':
      return `\n  ${style.bad(`✗ The execution ${type === 'execution.failed' ? 'has failed' : 'was cancelled'}`)}`;
    default:
      return '';
  }
}

const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;
