import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createApp } from '../src/app.js';
import { createStore } from '../src/store.js';

const app = createApp();
let origin;

before(async () => {
  await new Promise((resolve) => app.listen(0, resolve));
  origin = `http://localhost:${app.address().port}`;
});
after(() => app.close());

async function call(method, path, body) {
  const response = await fetch(`${origin}${path}`, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

test('it is up', async () => {
  assert.deepEqual(await call('GET', '/health'), { status: 200, body: { ok: true } });
});

test('a note is created, read, changed and deleted', async () => {
  const created = await call('POST', '/notes', { title: 'Milk', tags: ['shopping'] });
  assert.equal(created.status, 201);
  const { id } = created.body;
  assert.equal((await call('GET', `/notes/${id}`)).body.title, 'Milk');
  const changed = await call('PATCH', `/notes/${id}`, { text: 'Two litres' });
  assert.deepEqual([changed.body.title, changed.body.text], ['Milk', 'Two litres']);
  assert.equal((await call('DELETE', `/notes/${id}`)).status, 204);
  assert.equal((await call('GET', `/notes/${id}`)).status, 404);
  assert.equal((await call('DELETE', `/notes/${id}`)).status, 404);
});

test('notes are found by tag and by text, newest first', async () => {
  await call('POST', '/notes', { title: 'Bread', text: 'Rye', tags: ['shopping'] });
  await call('POST', '/notes', { title: 'Call Ada', tags: ['phone'] });
  await call('POST', '/notes', { title: 'Butter', tags: ['shopping'] });
  const titles = async (query) => (await call('GET', `/notes${query}`)).body.notes.map(({ title }) => title);
  assert.deepEqual(await titles('?tag=shopping'), ['Butter', 'Bread']);
  assert.deepEqual(await titles('?search=RYE'), ['Bread']);
  assert.deepEqual(await titles('?tag=none'), []);
});

test('what is not valid is refused with a reason', async () => {
  for (const body of [{}, { title: ' ' }, { title: 'x', colour: 'red' }, { title: 'x', tags: 'a' }, []]) {
    assert.equal((await call('POST', '/notes', body)).status, 422);
  }
  assert.equal((await call('POST', '/notes', '{')).body.error.code, 'malformed');
  assert.equal((await call('POST', '/notes', { title: 'x'.repeat(200_000) })).status, 413);
  assert.equal((await call('PUT', '/notes', {})).status, 405);
  assert.equal((await call('GET', '/other')).status, 404);
});

test('a file keeps what is stored', () => {
  const folder = mkdtempSync(join(tmpdir(), 'notes-'));
  try {
    const file = join(folder, 'notes.json');
    const { id } = createStore(file).create({ title: 'Kept' });
    assert.equal(createStore(file).get(id).title, 'Kept');
    assert.equal(createStore(file).remove(id), true);
    assert.deepEqual(createStore(file).list(), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
