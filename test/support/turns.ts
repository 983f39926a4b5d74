import { expect } from 'vitest';
import type {
  AssistantBlock,
  ModelEvent,
  ModelMessage,
  ModelTool,
  ModelTurn,
  UserBlock,
} from '../../src/models/port.ts';
import { scriptOf } from './deliver.ts';

/** What a test says to a model provider, and reads of what comes back. */

export const tool = (name: string): ModelTool => ({
  name,
  description: name,
  inputSchema: { type: 'object' },
});
export const user = (...content: UserBlock[]): ModelMessage => ({ role: 'user', content });
export const says = (text: string) => user({ type: 'text', text });
/** Makes the scripted model take these turns. */
export const plays = (...turns: object[]) => says(scriptOf(...turns));

export const callsOf = (content: AssistantBlock[]) =>
  content.flatMap((block) => (block.type === 'toolCall' ? [block] : []));

/** The results of a turn's calls. */
export const answers = (turn: ModelTurn) =>
  user(
    ...callsOf(turn.content).map(
      ({ id, name }): UserBlock => ({ type: 'toolResult', id, output: `${name} went well`, isError: false }),
    ),
  );

/** All that a call gives, which ends with its turn. */
export async function collect(
  events: AsyncIterable<ModelEvent>,
): Promise<{ texts: string[]; turn: ModelTurn }> {
  const texts: string[] = [];
  let turn: ModelTurn | undefined;
  for await (const event of events) {
    expect(turn, 'nothing comes after the turn').toBeUndefined();
    if (event.type === 'turn') turn = event.turn;
    else texts.push(event.text);
  }
  if (!turn) throw new Error('The stream gave no turn.');
  return { texts, turn };
}

/** What a call failed with, and the text it gave before. */
export async function failure(events: AsyncIterable<ModelEvent>): Promise<{ error: unknown; text: string }> {
  let text = '';
  try {
    for await (const event of events) if (event.type === 'textDelta') text += event.text;
  } catch (error) {
    return { error, text };
  }
  throw new Error('The call did not fail.');
}
