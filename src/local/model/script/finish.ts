import type { Conversation, Exchange } from './conversation.ts';
import type { ScriptedTurn } from './turn.ts';

/** What a change is called where it ends up. */
export interface Delivery {
  commitMessage: string;
  title: string;
  body: string;
  /** The last words, when all went well. */
  summary: string;
}

/** Commits, opens a pull request and sums up, one after the other. A refusal is reported, not repeated. */
export function deliver({ offers, task }: Conversation, delivery: Delivery): ScriptedTurn {
  const committed = lastCall(task.exchanges, 'commit');
  const opened = lastCall(task.exchanges, 'open_pull_request');
  if (committed?.isError) return { text: `I could not commit the change: ${committed.output}` };
  if (opened?.isError) {
    return { text: `The change is committed, but I could not open a pull request: ${opened.output}` };
  }
  if (!committed && offers('commit')) {
    return {
      text: 'That is all, so I commit it.',
      calls: [{ name: 'commit', input: { message: delivery.commitMessage } }],
    };
  }
  if (committed && !opened && offers('open_pull_request')) {
    return {
      text: 'Now a pull request, so that it can be reviewed.',
      calls: [{ name: 'open_pull_request', input: { title: delivery.title, body: delivery.body } }],
    };
  }
  return { text: delivery.summary };
}

function lastCall(exchanges: Exchange[], name: string): Exchange | undefined {
  return exchanges.findLast((exchange) => exchange.name === name);
}
