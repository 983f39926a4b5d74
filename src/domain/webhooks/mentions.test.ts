import { expect, it } from 'vitest';
import { withMark } from '../../tools/trailer.ts';
import { isMentioned, isOfAgent } from './mentions.ts';

it.each([
  '@cadence',
  'Please, @Cadence, do it',
  '(@cadence)',
  'First\n@cadence: go',
  '```\ncode\n```\n@cadence after it',
  '> quoted\n\n@cadence',
])('hears %j', (text) => {
  expect(isMentioned('@cadence', text)).toBe(true);
});

it.each([
  '',
  'cadence',
  '@cadence-bot',
  '@cadence_2',
  '@cadence/team',
  'me@cadence.dev',
  'x/@cadence',
  '`@cadence`',
  '> @cadence',
  '   > @cadence',
  '```\n@cadence\n```',
  '~~~ts\n@cadence\n~~~\nthanks',
  '```\n@cadence that never ends',
])('does not hear %j', (text) => {
  expect(isMentioned('@cadence', text)).toBe(false);
});

it('knows what an agent wrote by its mark, and who only quotes one', () => {
  const written = withMark('Done, @cadence', 'call_1');
  expect(isOfAgent(written)).toBe(true);
  expect(isOfAgent(written.replaceAll(/^/gm, '> '))).toBe(false);
});
