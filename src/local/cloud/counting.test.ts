import { describe, expect, it } from 'vitest';
import { countCommands, counted, countStatements, countTurns, type Tally } from './counting.ts';

const post = (path: string, body: unknown) =>
  new Request(`http://local${path}`, { method: 'POST', body: JSON.stringify(body) });

describe('what is counted', () => {
  it('is each statement of a batch', async () => {
    expect(await countStatements(post('/sql', { query: 'SELECT 1' }))).toBe(1);
    expect(await countStatements(post('/sql', { queries: [{}, {}, {}] }))).toBe(3);
    expect(await countStatements(new Request('http://local/sql', { method: 'OPTIONS' }))).toBe(0);
  });

  it('is each command of a pipeline', async () => {
    expect(await countCommands(post('/', ['GET', 'a']))).toBe(1);
    expect(
      await countCommands(
        post('/pipeline', [
          ['GET', 'a'],
          ['GET', 'b'],
        ]),
      ),
    ).toBe(2);
    expect(await countCommands(post('/multi-exec', [['GET', 'a']]))).toBe(1);
  });

  it('is a turn of the model, and not the list of models', async () => {
    expect(await countTurns(post('/v1/messages', {}))).toBe(1);
    expect(await countTurns(new Request('http://local/v1/models'))).toBe(0);
  });

  it('leaves the body to whoever answers, and counts one that nobody can read', async () => {
    const tally: Tally = { statements: 0, redisCommands: 0, modelCalls: 0 };
    const handle = counted(
      async (request) => new Response(await request.text()),
      tally,
      'statements',
      countStatements,
    );
    const answer = await handle(new Request('http://local/sql', { method: 'POST', body: '{' }));
    expect([await answer.text(), tally.statements]).toEqual(['{', 1]);
  });
});
