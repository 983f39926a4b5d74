import { describe, expect, it } from 'vitest';
import { UNTAINTED } from '../store/runs/taint.ts';
import { toolNames } from './catalog.ts';
import { validateCall } from './execute.ts';
import { hashArguments, type Policies, permissionFor } from './policy.ts';

const call = (name: string, input: object) => validateCall(name, input, toolNames);
const commit = call('commit', { message: 'Done' });
const RUN = { kind: 'run' };
const REFUSE = { kind: 'refuse' };
const BY_POLICY = { kind: 'ask', because: 'policy' };
const BY_EGRESS = { kind: 'ask', because: 'egress' };

describe('permissionFor', () => {
  const decide = (checked: typeof commit, policies: Policies) => permissionFor(checked, policies, UNTAINTED);

  it('runs what no policy speaks of, asks or refuses where one does', () => {
    expect(decide(commit, {})).toEqual(RUN);
    expect(decide(commit, { commit: 'always' })).toEqual(RUN);
    expect(decide(commit, { commit: 'ask', write_file: 'never' })).toEqual(BY_POLICY);
    expect(decide(commit, { commit: 'never' })).toEqual(REFUSE);
  });

  it.each(['.github/workflows/test.yml', './.github/workflows/deep/x.yml', '.GitHub/Workflows/test.yml'])(
    'always asks for what machines would run: %s',
    (path) => {
      const because = { kind: 'ask', because: 'workflow' };
      const write = call('write_file', { path, content: 'on: push' });
      expect(decide(write, { write_file: 'always' })).toEqual(because);
      expect(decide(write, { write_file: 'never' })).toEqual(REFUSE);
      expect(decide(call('delete_file', { path }), {})).toEqual(because);
    },
  );

  it('asks nobody about a call that cannot run anyway', () => {
    expect(decide(call('commit', {}), { commit: 'ask' })).toEqual(RUN);
    expect(decide(call('nothing', {}), { nothing: 'ask' })).toEqual(RUN);
    const elsewhere = call('write_file', { path: 'docs/.github/workflows.md', content: '' });
    expect(decide(elsewhere, {})).toEqual(RUN);
  });
});

describe('permissionFor a model that has read what is private and what strangers wrote', () => {
  const url = 'https://example.com/';
  const decide = (checked: typeof commit, policies: Policies = {}) =>
    permissionFor(checked, policies, { private: true, untrusted: true });

  it.each([
    call('http_request', { method: 'GET', url }),
    call('http_request', { method: 'POST', url, body: 'x' }),
    call('http_request', { method: 'POST', url, idempotencyKey: true }),
    call('comment', { issue: 1, body: `![](${url})` }),
    call('open_pull_request', { title: 'Done', body: '<img src=x>' }),
    call('open_pull_request', { title: url }),
  ])('asks before anything leaves, whatever the policy says, save never', (leaving) => {
    expect(leaving.ok).toBe(true);
    const policy = (said: Policies[string]) =>
      decide(leaving, Object.fromEntries(toolNames.map((name) => [name, said])));
    expect(decide(leaving)).toEqual(BY_EGRESS);
    expect(policy('always')).toEqual(BY_EGRESS);
    expect(policy('ask')).toEqual(BY_EGRESS);
    expect(policy('never')).toEqual(REFUSE);
  });

  it('lets it do in its own repository what its policies let it do', () => {
    expect(decide(commit)).toEqual(RUN);
    expect(decide(call('comment', { issue: 1, body: 'Done in src/orders.ts.' }))).toEqual(RUN);
    expect(decide(call('open_pull_request', { title: 'Done', body: 'Closes #1' }))).toEqual(RUN);
    expect(decide(call('add_label', { issue: 1, labels: ['done'] }))).toEqual(RUN);
    expect(decide(call('create_branch', { name: 'done' }))).toEqual(RUN);
    expect(decide(commit, { commit: 'ask' })).toEqual(BY_POLICY);
  });

  it.each([
    { private: true, untrusted: false },
    { private: false, untrusted: true },
  ])('minds one without the other no more than none: %j', (taint) => {
    const get = call('http_request', { method: 'GET', url });
    expect(permissionFor(get, { http_request: 'always' }, taint)).toEqual(RUN);
    expect(permissionFor(get, {}, taint)).toEqual(BY_POLICY);
  });
});

describe('hashArguments', () => {
  it('depends on the values and not on the order of the keys', async () => {
    const hash = await hashArguments({ a: 1, b: { c: [1, { d: 2, e: null }] } });
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await hashArguments({ b: { c: [1, { e: null, d: 2 }] }, a: 1 })).toBe(hash);
    expect(await hashArguments({ a: 1, b: { c: [{ d: 2, e: null }, 1] } })).not.toBe(hash);
  });
});
