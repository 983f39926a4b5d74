import { expect, it } from 'vitest';
import { CronError, parseCron, writeCron } from './parse-cron.ts';
import { timeZone } from './time-zone.ts';

it.each([
  ['* * * * *', '* * * * *'],
  ['*/15 9-17/4 1,15 jan-mar MON-fri', '0,15,30,45 9,13,17 1,15 1,2,3 1,2,3,4,5'],
  ['  0   8  *  *  7 ', '0 8 * * 0'],
  ['5/20 0 * dec 5-7', '5,25,45 0 * 12 0,5,6'],
  ['0 0 */2 * */3', '0 0 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * 0,3,6'],
])('reads %s as %s', (text, written) => {
  expect(writeCron(parseCron(text))).toBe(written);
});

it.each([
  ['60 * * * *', 'minute "60"'],
  ['* 24 * * *', 'hour "24"'],
  ['* * 0 * *', 'day of the month "0"'],
  ['* * * 13 *', 'month "13"'],
  ['* * * * 8', 'day of the week "8"'],
  ['* * * * mo', 'day of the week "mo"'],
  ['*/0 * * * *', 'minute "*/0"'],
  ['30-10 * * * *', 'minute "30-10"'],
  ['1,,2 * * * *', 'minute ""'],
  ['-1 * * * *', 'minute "-1"'],
  ['0 8 L * *', 'day of the month "L"'],
  ['0 8 ? * *', 'day of the month "?"'],
  ['0 8 * * 1#2', 'day of the week "1#2"'],
  ['0 0 8 * * *', 'found 6'],
  ['', 'found none'],
  ['@daily', '"@daily" are not read'],
])('refuses %s and says what is wrong', (text, says) => {
  expect(() => parseCron(text)).toThrow(CronError);
  expect(() => parseCron(text)).toThrow(says);
});

it.each(['Europe/Berlin', 'America/Argentina/Buenos_Aires', 'UTC', 'Etc/GMT+5'])(
  'knows the time zone %s',
  (name) => {
    expect(timeZone(name)).not.toBeNull();
  },
);

it.each(['', 'Mars/Olympus', '+02:00', 'Europe/Berlin ', 'a'.repeat(1000), 'Europe/../UTC'])(
  'does not know %s',
  (name) => {
    expect(timeZone(name)).toBeNull();
  },
);
