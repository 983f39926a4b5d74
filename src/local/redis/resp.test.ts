import { expect, it } from 'vitest';
import { encodeCommand, ReplyReader } from './resp.ts';

const bytes = Buffer.from(
  '+OK\r\n-ERR no\r\n:-7\r\n$4\r\na\r\nb\r\n$-1\r\n*-1\r\n*2\r\n*1\r\n:1\r\n$0\r\n\r\n*0\r\n',
);
const replies = [
  { kind: 'status', text: 'OK' },
  { kind: 'error', text: 'ERR no' },
  { kind: 'integer', value: -7 },
  { kind: 'bulk', bytes: Buffer.from('a\r\nb') },
  { kind: 'null' },
  { kind: 'null' },
  {
    kind: 'array',
    items: [
      { kind: 'array', items: [{ kind: 'integer', value: 1 }] },
      { kind: 'bulk', bytes: Buffer.alloc(0) },
    ],
  },
  { kind: 'array', items: [] },
];

it('reads replies wherever the chunks end', () => {
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new ReplyReader();
    const read = [];
    for (let at = 0; at < bytes.length; at += size) read.push(...reader.push(bytes.subarray(at, at + size)));
    expect(read).toEqual(replies);
  }
});

it('refuses what is not RESP2', () => {
  expect(() => new ReplyReader().push(Buffer.from('HTTP/1.1 400\r\n'))).toThrow('not a RESP2 reply');
});

it('counts the bytes of a command, not its characters', () => {
  expect(encodeCommand(['SET', '✓', Buffer.from([255])]).toString('latin1')).toBe(
    '*3\r\n$3\r\nSET\r\n$3\r\n\u00e2\u009c\u0093\r\n$1\r\n\u00ff\r\n',
  );
});
