import type { Conversation, Exchange } from './conversation.ts';
import { type DemoEdit, demoEdits, ROUTES, STORE } from './demo-edits.ts';
import { knownFiles, textAt } from './files.ts';
import { deliver } from './finish.ts';
import type { ScriptedCall, ScriptedTurn } from './turn.ts';

const TRIES = 3;

/** Whether a prompt asks for the task of the demo, in whatever words. */
export function asksForDeleteEndpoint(prompt: string): boolean {
  return [
    /\b(delet\w*|remov\w*)\b/i,
    /\btodos?\b/i,
    /\b(add|able|allow|endpoint|implement|let|route|support)\b/i,
  ].every((word) => word.test(prompt));
}

/**
 * Adds `DELETE /todos/:id` to the sample repository, working from the files as the tools show them. Gives nothing for a
 * repository that is not the sample.
 */
export function addDeleteEndpoint(conversation: Conversation): ScriptedTurn | undefined {
  const { task, offers } = conversation;
  if (!['list_files', 'read_file', 'edit_file'].every(offers)) return undefined;
  const { listed, contents } = knownFiles(task.exchanges);
  if (!listed) {
    return firstError(task.exchanges, 'list_files') ?? lookAround(conversation);
  }
  if (!listed.includes(STORE) || !listed.includes(ROUTES)) return undefined;

  const relevant = demoEdits.filter(({ path }) => listed.includes(path));
  const unread = relevant.filter(({ path }) => !contents.has(path));
  if (unread.length > 0) {
    return firstError(task.exchanges, 'read_file') ?? readAll(conversation, unread);
  }

  const next = relevant.find(({ path, isDone }) => !isDone(contents.get(path) ?? ''));
  if (next) return edit(conversation, next, contents.get(next.path) ?? '');
  if (!task.exchanges.some(({ name }) => name === 'edit_file')) {
    return { text: '`DELETE /todos/:id` is already there, with a test. I changed nothing.' };
  }
  const lastPlan = plan(conversation, STEPS.length);
  if (lastPlan.length > 0)
    return { text: 'The code, the test and the README fit together.', calls: lastPlan };
  return deliver(conversation, {
    commitMessage:
      'Add DELETE /todos/:id\n\nThe store forgets the todo; a todo that is not there gives 404, as everywhere else.',
    title: 'Add DELETE /todos/:id',
    body: 'Deletes a todo: 204 without a body, or 404 when there is none.\n\n- `TodoStore.remove` says whether there was such a todo\n- the route and its handler\n- a test, and a row in the README',
    summary:
      'Todos can be deleted now: `DELETE /todos/:id` answers 204, or 404 when there is no such todo. I added a test and a row in the README, and opened a pull request. I could not run the tests from here.',
  });
}

function lookAround({ offers }: Conversation): ScriptedTurn {
  const calls: ScriptedCall[] = [{ name: 'list_files', input: {} }];
  if (offers('search_code')) calls.push({ name: 'search_code', input: { pattern: '/todos/:id' } });
  return { text: 'I will look at the project and at how its endpoints are made.', calls };
}

function readAll(conversation: Conversation, edits: DemoEdit[]): ScriptedTurn {
  const reads = edits.map(({ path }) => ({ name: 'read_file', input: { path } }));
  return {
    text: 'The routes, the store and their tests are what matters. I read them before I change anything.',
    calls: [...reads, ...plan(conversation, 0)],
  };
}

function edit(conversation: Conversation, { path, says, calls }: DemoEdit, content: string): ScriptedTurn {
  const { exchanges } = conversation.task;
  const failed = exchanges.filter(({ name, input, isError }) => {
    return name === 'edit_file' && isError && textAt(input, 'path') === path;
  });
  const last = exchanges.findLast(({ input }) => textAt(input, 'path') === path);
  if (failed.length >= TRIES) {
    return { text: `I could not change \`${path}\`: ${failed.at(-1)?.output}` };
  }
  if (last?.isError && last.name === 'edit_file') {
    return {
      text: `That edit did not fit \`${path}\`, so I read the file again.`,
      calls: [{ name: 'read_file', input: { path } }],
    };
  }
  const edits = calls(content);
  if (edits.length === 0) {
    return { text: `\`${path}\` does not look as I expected, so I stopped before changing it.` };
  }
  return {
    text: says,
    calls: [
      ...edits,
      ...plan(
        conversation,
        demoEdits.findIndex((item) => item.path === path),
      ),
    ],
  };
}

const STEPS = ['Let the store remove a todo', 'Add the route', 'Test it', 'Mention it in the README'];

/** The plan with a number of steps done, unless it says so already. */
function plan({ offers, task }: Conversation, done: number): ScriptedCall[] {
  if (!offers('update_plan')) return [];
  const steps = STEPS.map((title, index) => ({
    title,
    status: index < done ? 'done' : index === done ? 'inProgress' : 'pending',
  }));
  const input = { steps };
  const current = task.exchanges.findLast(({ name }) => name === 'update_plan');
  return JSON.stringify(current?.input) === JSON.stringify(input) ? [] : [{ name: 'update_plan', input }];
}

function firstError(exchanges: Exchange[], tool: string): ScriptedTurn | undefined {
  const error = exchanges.find(({ name, isError }) => name === tool && isError);
  return error && { text: `I could not look at the repository: ${error.output}` };
}
