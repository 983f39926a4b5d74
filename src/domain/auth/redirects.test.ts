import { expect, it } from 'vitest';
import { mayReturnTo } from './redirects.ts';

const LIST = ['https://app.test/signed-in', 'cadence://signed-in', 'http://127.0.0.1/signed-in'];

it.each([
  'https://app.test/signed-in',
  'cadence://signed-in',
  'http://127.0.0.1/signed-in',
  'http://127.0.0.1:4711/signed-in',
])('lets users return to %s', (uri) => expect(mayReturnTo(LIST, uri)).toBe(true));

it.each([
  'https://app.test/signed-in/',
  'https://app.test/signed-in?next=x',
  'https://app.test/signed-in#x',
  'https://app.test:8443/signed-in',
  'https://app.test/SIGNED-IN',
  'https://APP.test/signed-in',
  'http://app.test/signed-in',
  'https://app.test.evil.test/signed-in',
  'https://app.test@evil.test/signed-in',
  'https://evil.test/https://app.test/signed-in',
  'cadence://signed-in/evil',
  'cadence://evil',
  'evil://signed-in',
  'https://127.0.0.1/signed-in',
  'http://127.0.0.1:4711/other',
  'http://127.0.0.1:4711@evil.test/signed-in',
  'http://127.0.0.1.evil.test/signed-in',
  'http://localhost/signed-in',
  'http://[::1]/signed-in',
  'javascript:alert(1)',
  '',
])('does not let them return to %j', (uri) => expect(mayReturnTo(LIST, uri)).toBe(false));

it('lets nobody return to this machine where it is not in the list', () => {
  expect(mayReturnTo(['https://app.test/signed-in'], 'http://127.0.0.1/signed-in')).toBe(false);
  expect(mayReturnTo([], 'https://app.test/signed-in')).toBe(false);
});
