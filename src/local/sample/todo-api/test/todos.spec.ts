import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startClient } from './client.ts';

test('says that it is up', async (t) => {
  const send = await startClient(t);
  assert.deepEqual(await send('GET', '/health'), { status: 200, body: { status: 'ok' } });
});

test('creates a todo and shows it', async (t) => {
  const send = await startClient(t);
  const todo = { id: '1', title: 'Buy milk', done: false };
  assert.deepEqual(await send('POST', '/todos', { title: ' Buy milk ' }), { status: 201, body: todo });
  assert.deepEqual(await send('GET', '/todos/1'), { status: 200, body: todo });
});

test('lists todos, all or by whether they are done', async (t) => {
  const send = await startClient(t);
  await send('POST', '/todos', { title: 'Buy milk' });
  await send('POST', '/todos', { title: 'Walk the dog' });
  await send('PATCH', '/todos/2', { done: true });
  const milk = { id: '1', title: 'Buy milk', done: false };
  const dog = { id: '2', title: 'Walk the dog', done: true };
  assert.deepEqual((await send('GET', '/todos')).body, [milk, dog]);
  assert.deepEqual((await send('GET', '/todos?done=true')).body, [dog]);
  assert.deepEqual((await send('GET', '/todos?done=false')).body, [milk]);
});

test('changes a todo', async (t) => {
  const send = await startClient(t);
  await send('POST', '/todos', { title: 'Buy milk' });
  const changed = { id: '1', title: 'Buy oat milk', done: true };
  assert.deepEqual(await send('PATCH', '/todos/1', { title: 'Buy oat milk', done: true }), {
    status: 200,
    body: changed,
  });
  assert.deepEqual((await send('GET', '/todos/1')).body, changed);
});

test('answers 404 for a todo that is not there', async (t) => {
  const send = await startClient(t);
  const missing = { status: 404, body: { error: 'no such todo' } };
  assert.deepEqual(await send('GET', '/todos/7'), missing);
  assert.deepEqual(await send('PATCH', '/todos/7', { done: true }), missing);
});

test('answers 405 for a method that a path does not have', async (t) => {
  const send = await startClient(t);
  assert.equal((await send('PUT', '/todos')).status, 405);
});

test('refuses what it cannot read', async (t) => {
  const send = await startClient(t);
  assert.equal((await send('POST', '/todos', { title: '' })).status, 400);
  assert.equal((await send('POST', '/todos', [])).status, 400);
  assert.equal((await send('PATCH', '/todos/1', { done: 'yes' })).status, 400);
  assert.equal((await send('GET', '/todos?done=maybe')).status, 400);
});
