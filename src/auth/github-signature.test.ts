import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { isSignedByGithub } from './github-signature.ts';

const SECRET = "It's a Secret to Everybody";
const BODY = '{"action":"labeled","title":"caf\u00e9 & \\u0041"}';
const bytesOf = (text: string | Uint8Array) =>
  Uint8Array.from(typeof text === 'string' ? new TextEncoder().encode(text) : text).buffer;
const hex = (text: string | Uint8Array, secret = SECRET, algorithm = 'sha256') =>
  createHmac(algorithm, secret).update(text).digest('hex');
const good = hex(BODY);

it('accepts the example of GitHub’s documentation', async () => {
  const header = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
  expect(await isSignedByGithub(SECRET, bytesOf('Hello, World!'), header)).toBe(true);
});

const forged: Record<string, [header: string | undefined, body?: string | Uint8Array]> = {
  'no header': [undefined],
  'an empty one': [''],
  'digits without the name of the algorithm': [good],
  'SHA-1': [`sha1=${hex(BODY, SECRET, 'sha1')}`],
  'SHA-1 under the name of SHA-256': [`sha256=${hex(BODY, SECRET, 'sha1')}`],
  'SHA-512': [`sha512=${hex(BODY, SECRET, 'sha512')}`],
  'SHA-512, cut': [`sha256=${hex(BODY, SECRET, 'sha512').slice(0, 64)}`],
  'another secret': [`sha256=${hex(BODY, 'other')}`],
  'no secret': [`sha256=${hex(BODY, '')}`],
  'the secret with a line break': [`sha256=${hex(BODY, `${SECRET}\n`)}`],
  'one digit too few': [`sha256=${good.slice(0, -1)}`],
  'half of it': [`sha256=${good.slice(0, 32)}`],
  'one digit too many': [`sha256=${good}0`],
  'nothing behind the name': ['sha256='],
  'large digits': [`sha256=${good.toUpperCase()}`],
  'the name in capitals': [`SHA256=${good}`],
  'white space before': [` sha256=${good}`],
  'white space within': [`sha256= ${good}`],
  'a line break behind': [`sha256=${good}\n`],
  base64: [`sha256=${Buffer.from(good, 'hex').toString('base64')}`],
  'two of them': [`sha256=${good}, sha256=${good}`],
  'one digit changed': [`sha256=${good.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))}`],
  'a plain hash': [`sha256=${Buffer.from(good).toString('hex').slice(0, 64)}`],
  'another body': [`sha256=${good}`, BODY.replace('labeled', 'opened')],
  'an empty body': [`sha256=${good}`, ''],
  'a body written anew': [`sha256=${good}`, JSON.stringify(JSON.parse(BODY))],
  'a body with more white space': [`sha256=${good}`, `${BODY}\n`],
  'a body with a byte order mark': [`sha256=${good}`, `\ufeff${BODY}`],
  'a body in another encoding': [`sha256=${good}`, Buffer.from(BODY, 'latin1')],
  'a body in UTF-16': [`sha256=${good}`, Buffer.from(BODY, 'utf16le')],
  'a decomposed body': [`sha256=${good}`, BODY.normalize('NFD')],
  'a body as a form': [`sha256=${good}`, new URLSearchParams({ payload: BODY }).toString()],
};

it.each(Object.entries(forged))('refuses %s', async (_name, [header, body = BODY]) => {
  expect(await isSignedByGithub(SECRET, bytesOf(body), header)).toBe(false);
});

it('accepts what all of these were made from', async () => {
  expect(await isSignedByGithub(SECRET, bytesOf(BODY), `sha256=${good}`)).toBe(true);
});
