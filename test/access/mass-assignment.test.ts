import { afterAll, describe, expect, it } from 'vitest';
import { EXAMPLES } from '../../src/http/examples.ts';
import { openCloud } from '../support/cloud.ts';

const cloud = await openCloud();
afterAll(() => cloud.close());
const { accessToken, user } = await cloud.signIn('demo');
const organisationId = user.id.replace('user_', 'org_');

/** Optional fields of bodies that their examples do without: the caller's to write. */
const WRITABLE: Readonly<Record<string, readonly string[]>> = {
  createAgent: ['instructions', 'provider', 'model', 'baseBranch'],
  changeAgent: ['name', 'provider', 'model'],
  changeGoal: ['name', 'agentId', 'prompt'],
  createDag: ['goal', 'agentId'],
  planDag: ['agent'],
  changeDag: ['name', 'agentId', 'goal'],
  changeSchedule: ['cron', 'timeZone'],
  forkAgent: ['name'],
  decideApproval: ['reason'],
};

/** Fields in one body. Each is refused by its own name, and a problem names fifty. */
const AT_ONCE = 40;

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
    ...fieldsOf(Object.values(EXAMPLES.answers)),
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
      const names = OURS.filter((field) => !Object.hasOwn(example, field));
      const accepted: string[] = [];
      for (let at = 0; at < names.length; at += AT_ONCE) {
        const tried = names.slice(at, at + AT_ONCE);
        const body = JSON.stringify({ ...example, ...Object.fromEntries(tried.map((name) => [name, 'x'])) });
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` };
        const response = await cloud.app.request(path, { method, headers, body });
        const { errors = [] }: { errors?: { field: string }[] } = JSON.parse(await response.text());
        const refused = new Set(response.status === 400 ? errors.map(({ field }) => field) : []);
        accepted.push(...tried.filter((name) => !refused.has(`body.${name}`)));
      }
      expect(accepted.filter((name) => !WRITABLE[operationId]?.includes(name))).toEqual([]);
    },
  );
});
