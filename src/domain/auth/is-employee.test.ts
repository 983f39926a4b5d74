import { expect, it } from 'vitest';
import { openApi } from '../../../test/support/api.ts';

const { cloud, api, token } = await openApi({ env: { EMPLOYEE_EMAIL_DOMAINS: 'neon.tech, Example.com' } });

let emails: object[] = [];
const ask = async () => {
  cloud.fetches.intercept = async (_service, request, send) =>
    request.url.endsWith('/user/emails') ? Response.json(emails) : send();
  const { status, body } = await api.get('/auth/is-neon-employee', { token });
  return status === 200 ? body.isNeonEmployee : body.code;
};
const main = (email: string, changes: object = {}) => ({ email, primary: true, verified: true, ...changes });

it.each([
  ['a main address of the domain', [main('ada@neon.tech')], true],
  ['one in capitals', [main('Ada@NEON.tech')], true],
  ['one of another domain of the list', [main('ada@example.com')], true],
  ['one that was never proved', [main('ada@neon.tech', { verified: false })], false],
  ['one that is not the main one', [main('ada@home.test'), main('ada@neon.tech', { primary: false })], false],
  ['a domain below it', [main('ada@evil.neon.tech')], false],
  ['a domain that begins so', [main('ada@neon.tech.evil.test')], false],
  ['a domain that ends so', [main('ada@notneon.tech')], false],
  ['an address that looks so', [main('"ada@neon.tech"@evil.test')], false],
  ['none', [], false],
])('decides by %s', async (_, list, expected) => {
  emails = list;
  expect(await ask()).toBe(expected);
});

it('takes nobody for one who does not show their addresses, and says when GitHub is away', async () => {
  const answerWith = async (status: number) => {
    cloud.fetches.intercept = async (_service, request, send) =>
      request.url.endsWith('/user/emails') ? Response.json({ message: 'No.' }, { status }) : send();
    const { body } = await api.get('/auth/is-neon-employee', { token });
    return body.isNeonEmployee ?? body.code;
  };
  expect(await answerWith(404)).toBe(false);
  expect(await answerWith(502)).toBe('githubUnavailable');
});
