import { expect, it } from 'vitest';
import { parseDuration, requestedDelay } from './durations.ts';

it.each([
  ['10s', 10_000],
  ['1d10h30m', 124_200_000],
  ['0s', 0],
])('reads %s as %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

it.each(['', '10', 's', '1.5s', '-1s', '10s5m', 'soon'])('does not read "%s"', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

it.each([
  [{ 'Retry-After': '10' }, 10_000],
  [{ 'Retry-After': '0' }, 0],
  [{ 'Retry-After': '6m5s' }, 365_000],
  [{ 'X-RateLimit-Reset': '1.5s' }, 1500],
  [{ 'X-RateLimit-Reset-Requests': '1h' }, 3_600_000],
  [{ 'X-RateLimit-Reset-Tokens': '250ms' }, 250],
  [{ 'Retry-After': 'Thu, 01 Jan 1970 00:01:00 GMT' }, 60_000],
  [{ 'Retry-After': '86401' }, undefined],
  [{ 'Retry-After': 'later' }, undefined],
  [{}, undefined],
])('reads %o as %s ms', (headers, ms) => {
  expect(requestedDelay(new Headers(Object.entries(headers)), 0)).toBe(ms);
});
