import type { Conversation } from './conversation.ts';
import { insertAfter } from './edits.ts';
import { knownFiles, textAt } from './files.ts';
import { deliver } from './finish.ts';
import type { ScriptedTurn } from './turn.ts';

const HONEST =
  'I am the scripted local model: I can use tools, but I do not understand tasks beyond the demo. Set ANTHROPIC_API_KEY to let a real model do the work.';

/**
 * What the scripted model does with a task it has no script for: it looks around, writes the task down in the
 * repository, delivers that, and says so.
 */
export function leaveNote(conversation: Conversation): ScriptedTurn {
  const { task, offers } = conversation;
  if (!offers('list_files') || !offers('write_file')) return { text: HONEST };
  const { listed, contents } = knownFiles(task.exchanges);
  const failed = task.exchanges.find(
    ({ isError, name }) => isError && name !== 'commit' && name !== 'open_pull_request',
  );
  if (failed) return { text: `I stopped, because ${failed.name} failed: ${failed.output}` };
  if (!listed) {
    return { text: 'I will look at the repository.', calls: [{ name: 'list_files', input: {} }] };
  }
  const readme = listed.find((path) => /^readme(\.\w+)?$/i.test(path));
  const target = readme ? 'NOTES.md' : 'README.md';
  const toRead = [readme, listed.includes(target) ? target : undefined].filter((path) => path !== undefined);
  const unread = toRead.filter((path) => !contents.has(path));
  if (unread.length > 0 && offers('read_file')) {
    return {
      text: 'I read what the project says about itself.',
      calls: unread.map((path) => ({ name: 'read_file', input: { path } })),
    };
  }
  const wrote = task.exchanges.some(({ name, input }) => {
    return ['write_file', 'edit_file'].includes(name) && textAt(input, 'path') === target;
  });
  if (!wrote) return write(target, contents.get(target), task.prompt);
  const title = `Note a task: ${firstLine(task.prompt, 50)}`;
  return deliver(conversation, {
    commitMessage: title,
    title,
    body: `Quotes the task in \`${target}\`.\n\n${HONEST}`,
    summary: `I wrote the task down in \`${target}\` and did nothing else. ${HONEST}`,
  });
}

function write(path: string, content: string | undefined, prompt: string): ScriptedTurn {
  const quote = prompt.split('\n').map((line) => `> ${line}`.trimEnd());
  const text = `I write the task down in \`${path}\`.`;
  const lines = content?.split('\n') ?? [];
  const last = lines.findLastIndex((line) => line !== '');
  if (content !== undefined && last >= 0) {
    return { text, calls: [insertAfter(path, content, last, ['', '## A task', '', ...quote])] };
  }
  const heading = path === 'README.md' ? '# New project' : '# Notes';
  const fresh = `${[heading, '', '## A task', '', ...quote].join('\n')}\n`;
  return { text, calls: [{ name: 'write_file', input: { path, content: fresh } }] };
}

function firstLine(text: string, length: number): string {
  const line =
    text
      .split('\n')
      .find((candidate) => candidate.trim() !== '')
      ?.trim() ?? '';
  return line.length > length ? `${line.slice(0, length - 1).trimEnd()}…` : line;
}
