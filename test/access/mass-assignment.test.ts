import { afterAll, describe, expect, it } from 'vitest';
import { EXAMPLES } from '../../src/http/examples.ts';
import { openCloud } from '../support/cloud.ts';

const cloud = await openCloud();
afterAll(() => cloud.close());
const { accessToken, user } = await cloud.signIn('demo');
const organisationId = user.id.replace('user_', 'org_');

/** Optional fields of bodies that their examples do without: the caller's to write. */
const WRITABLE: Readonly<Record<string, readonly string[]>> = {
  createAgent: ['instructions'],
  changeAgent: ['name', 'provider', 'model'],
  changeGoal: ['name', 'agentId', 'prompt'],
  createDag: ['goal'],
  changeDag: ['name', 'agentId', 'goal'],
  changeSchedule: ['cron', 'timeZone'],
  forkAgent: ['name'],
  decideApproval: ['reason'],
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every name of a field in something, however deep. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...fieldsOf(inner)]);
}

/** What the server says of anything, and columns that it never says. */
const OURS = [
  ...new Set([
    ...fieldsOf(EXAMPLES.answers),
    ...[
      'user_id',
      'ownerId',
      'workspaceId',
      'epoch',
      'dispatchNo',
      'openWaits',
      'githubId',
      'sealedGithubToken',
      'scopes',
    ],
    ...['ownerCount', 'isAdmin', 'permissions', 'keyHash', 'tokenHash', 'constructor', 'toString'],
  ]),
].filter((name) => /^\w+$/.test(name));

const writable = cloud.app.openAPIRegistry.definitions.flatMap((definition) => {
  if (definition.type !== 'route' || definition.route.request?.body === undefined) return [];
  const { method, path, operationId = '' } = definition.route;
  return [
    {
      method: method.toUpperCase(),
      path: path.replace('{organisationId}', organisationId).replaceAll(/\{\w+\}/g, 'x'),
      operationId,
    },
  ];
});

describe('a field that only the server writes', () => {
  it.each(writable)(
    'is refused by name in the body of $operationId',
    async ({ method, path, operationId }) => {
      const example = EXAMPLES.requests[operationId];
      if (!isObject(example)) throw new Error(`${operationId} has no example of its body`);
      const accepted: string[] = [];
      for (const name of OURS.filter((field) => !Object.hasOwn(example, field))) {
        const body = `${JSON.stringify(example).slice(0, -1)}${Object.keys(example).length ? ',' : ''}"${name}":"x"}`;
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` };
        const response = await cloud.app.request(path, { method, headers, body });
        const { errors = [] }: { errors?: { field: string }[] } = JSON.parse(await response.text());
        if (response.status !== 400 || !errors.some(({ field }) => field === `body.${name}`))
          accepted.push(name);
      }
      expect(accepted.filter((name) => !WRITABLE[operationId]?.includes(name))).toEqual([]);
    },
  );
});
