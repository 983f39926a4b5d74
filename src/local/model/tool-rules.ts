import type { ModelEntry } from './catalog.ts';
import { Failure } from './failure.ts';
import type { Prompt, RequestBlock } from './request.ts';

/** @throws {Failure} 400 for tools or a choice of tools that the model does not take */
export function checkTools({ tools = [], tool_choice: choice }: Prompt, model: ModelEntry): void {
  const names = new Set(tools.map(({ name }) => name));
  if (names.size < tools.length) throw new Failure(400, 'tools: Tool names must be unique.');
  for (const [index, { input_schema: schema }] of tools.entries()) {
    if (['oneOf', 'allOf', 'anyOf'].some((keyword) => keyword in schema)) {
      throw new Failure(
        400,
        `tools.${index}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
      );
    }
  }
  if (!choice) return;
  if (tools.length === 0) {
    throw new Failure(400, 'tool_choice may only be specified while providing tools.');
  }
  if (choice.type === 'tool' && !names.has(choice.name)) {
    throw new Failure(400, `Tool '${choice.name}' not found in provided tools`);
  }
  if ((choice.type === 'tool' || choice.type === 'any') && !model.forcedToolUse) {
    throw new Failure(
      400,
      `tool_choice: "${choice.type}" is not supported for this model. Use "auto" or "none".`,
    );
  }
}

/**
 * Every call is answered at the beginning of the next user message, and nothing else is.
 *
 * @throws {Failure} 400
 */
export function checkToolExchanges({ messages, tools = [] }: Prompt): void {
  const turns = combineTurns(messages);
  const seen = new Set<string>();
  for (const [index, turn] of turns.entries()) {
    checkResults(turn, callIds(turns[index - 1]));
    const calls = callIds(turn);
    for (const id of calls) {
      if (seen.has(id)) throw new Failure(400, 'messages: `tool_use` ids must be unique');
      seen.add(id);
    }
    const answered = leadingResultIds(turns[index + 1]);
    const open = calls.filter((id) => !answered.includes(id));
    if (open.length > 0) {
      throw new Failure(
        400,
        `messages.${turn.at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
  }
  if (seen.size > 0 && tools.length === 0) {
    throw new Failure(400, 'Requests which include `tool_use` or `tool_result` blocks must define tools');
  }
}

interface Turn {
  /** Index of its first message. */
  at: number;
  role: 'user' | 'assistant';
  blocks: { block: RequestBlock; path: string }[];
}

/** Messages of one role in a row are one turn. System messages stand aside. */
function combineTurns(messages: Prompt['messages']): Turn[] {
  const turns: Turn[] = [];
  for (const [at, { role, content }] of messages.entries()) {
    if (role === 'system') continue;
    const blocks = content.map((block, index) => ({ block, path: `messages.${at}.content.${index}` }));
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ at, role, blocks });
  }
  return turns;
}

function checkResults(turn: Turn, called: string[]): void {
  const answered = new Set<string>();
  for (const { block, path } of turn.blocks) {
    if (block.type !== 'tool_result') continue;
    const id = block.tool_use_id;
    if (!called.includes(id)) {
      throw new Failure(
        400,
        `${path}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    if (answered.has(id)) {
      throw new Failure(
        400,
        `${path}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`,
      );
    }
    answered.add(id);
  }
}

function callIds(turn: Turn | undefined): string[] {
  return (turn?.blocks ?? []).flatMap(({ block }) => (block.type === 'tool_use' ? [block.id] : []));
}

/** A result behind a text does not count, as with the API. */
function leadingResultIds(turn: Turn | undefined): string[] {
  const ids: string[] = [];
  for (const { block } of turn?.blocks ?? []) {
    if (block.type !== 'tool_result') break;
    ids.push(block.tool_use_id);
  }
  return ids;
}
