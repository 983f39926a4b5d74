import { expect, it } from 'vitest';
import { showDagEvent } from './dag-view.ts';
import { createStyle } from './style.ts';

const show = (type: string, data: object) =>
  showDagEvent({ type, id: '1', data: { data } }, createStyle(false));

it('tells of each node in a line of its own, with its name in front', () => {
  expect(show('node.started', { nodeId: 'look', attempt: 1 })).toBe(`  ${'look'.padEnd(24)}  ▶ begins\n`);
  expect(show('node.started', { nodeId: 'look', attempt: 2 })).toContain('begins again (2)');
  expect(show('toolCall.started', { nodeId: 'look', name: 'read_file', subject: 'a.ts' })).toContain(
    '→ read_file a.ts',
  );
  expect(show('node.failed', { nodeId: 'look', error: { message: 'No.' } })).toContain('✗ failed: No.');
  expect(show('message.completed', { nodeId: 'look', text: `a\n${'b'.repeat(200)}` })).toHaveLength(119);
});

it('says nothing of what nobody wants to see, and of what it cannot read', () => {
  expect(show('run.started', { nodeId: 'look' })).toBe('');
  expect(showDagEvent({ type: 'node.started', id: undefined, data: 'x' }, createStyle(false))).toBe('');
});
