import { z } from 'zod';
import { readBody } from '../api/body.ts';
import { type Api, requirePush } from '../api/context.ts';
import { ApiError, notFound, validationFailed } from '../api/errors.ts';
import { paginate } from '../api/pagination.ts';
import { type Core, takeId, timestamp } from '../core.ts';
import type { IssueRecord, RepositoryRecord } from '../types.ts';
import { labelsOf, renderLabel } from '../views/issues.ts';
import { announceIssue, issueOf } from './issues.ts';

const name = z.union([z.string(), z.object({ name: z.string() })]);
/** Either `{labels: […]}` or the bare list. */
const body = z
  .union([z.array(name), z.object({ labels: z.array(name).default([]) })])
  .transform((value) => (Array.isArray(value) ? value : value.labels));

const newLabel = z.object({
  name: z.string(),
  color: z.string().optional(),
  description: z.string().nullish(),
});
const LONGEST_NAME = 50;

/** Labels of issues and pull requests. Adding one twice changes nothing. */
export function registerLabels(api: Api, core: Core): void {
  const path = '/repos/:owner/:repo/issues/:number{[0-9]+}/labels';

  api.get('/repos/:owner/:repo/labels', (c) => {
    const { repository } = c.var;
    return c.json(paginate(core, c, repository.labels).map((label) => renderLabel(core, repository, label)));
  });

  api.get('/repos/:owner/:repo/labels/:name{.+}', (c) => {
    const label = findLabel(c.var.repository, c.req.param('name'));
    if (!label) throw notFound();
    return c.json(renderLabel(core, c.var.repository, label));
  });

  api.post('/repos/:owner/:repo/labels', async (c) => {
    requirePush(core, c);
    const { repository } = c.var;
    const { name, color, description } = await readBody(c, newLabel);
    refuseNames([name]);
    if (color !== undefined && !/^[0-9a-f]{6}$/i.test(color)) throw invalidLabel('color', 'invalid');
    if (findLabel(repository, name)) throw invalidLabel('name', 'already_exists');
    const label = { id: takeId(core), name, color: color ?? 'ededed', description: description ?? null };
    repository.labels.push(label);
    const view = renderLabel(core, repository, label);
    return c.json(view, 201, { Location: view.url });
  });

  api.get(path, (c) => {
    const { repository } = c.var;
    return c.json(paginate(core, c, labelsOf(core, repository, issueOf(c, c.req.param('number')))));
  });

  api.post(path, async (c) => {
    const { user } = requirePush(core, c);
    const issue = issueOf(c, c.req.param('number'));
    const added = ensureLabels(core, c.var.repository, await readBody(c, body));
    setLabels(core, c.var.repository, issue, [...issue.labels, ...added], user.login);
    return c.json(labelsOf(core, c.var.repository, issue));
  });

  api.put(path, async (c) => {
    const { user } = requirePush(core, c);
    const issue = issueOf(c, c.req.param('number'));
    const labels = ensureLabels(core, c.var.repository, await readBody(c, body));
    setLabels(core, c.var.repository, issue, labels, user.login);
    return c.json(labelsOf(core, c.var.repository, issue));
  });

  api.delete(path, (c) => {
    const { user } = requirePush(core, c);
    setLabels(core, c.var.repository, issueOf(c, c.req.param('number')), [], user.login);
    return c.body(null, 204);
  });

  api.delete(`${path}/:name{.+}`, (c) => {
    const { user } = requirePush(core, c);
    const issue = issueOf(c, c.req.param('number') ?? '');
    const removed = (c.req.param('name') ?? '').toLowerCase();
    const kept = issue.labels.filter((label) => label.toLowerCase() !== removed);
    if (kept.length === issue.labels.length) throw new ApiError(404, 'Label does not exist');
    setLabels(core, c.var.repository, issue, kept, user.login);
    return c.json(labelsOf(core, c.var.repository, issue));
  });
}

/** The stored names of labels, which ignore case; unknown ones are added to the repository. */
export function ensureLabels(
  core: Core,
  repository: RepositoryRecord,
  wanted: (string | { name: string })[],
): string[] {
  const names = wanted.map((entry) => (typeof entry === 'string' ? entry : entry.name));
  refuseNames(names);
  return names.map((name) => {
    const known = findLabel(repository, name);
    if (known) return known.name;
    repository.labels.push({ id: takeId(core), name, color: 'ededed', description: null });
    return name;
  });
}

const findLabel = (repository: RepositoryRecord, name: string) =>
  repository.labels.find((label) => label.name.toLowerCase() === name.toLowerCase());

/** GitHub makes no label without a name or with one past fifty characters, on the fly or asked for. */
function refuseNames(names: string[]): void {
  if (names.some((name) => name.trim() === '')) throw invalidLabel('name', 'missing_field');
  if (names.some((name) => name.length > LONGEST_NAME)) throw invalidLabel('name', 'invalid');
}

const invalidLabel = (field: string, code: 'missing_field' | 'invalid' | 'already_exists') =>
  validationFailed({ resource: 'Label', field, code });

function setLabels(
  core: Core,
  repository: RepositoryRecord,
  issue: IssueRecord,
  names: string[],
  actor: string,
): void {
  const before = issue.labels;
  issue.labels = [...new Set(names)];
  const announce = (action: string, changed: string[]) => {
    for (const label of repository.labels.filter((candidate) => changed.includes(candidate.name))) {
      announceIssue(core, repository, issue, action, actor, { label: renderLabel(core, repository, label) });
    }
  };
  const added = issue.labels.filter((label) => !before.includes(label));
  const removed = before.filter((label) => !issue.labels.includes(label));
  if (added.length + removed.length > 0) issue.updatedAt = timestamp(core);
  announce('labeled', added);
  announce('unlabeled', removed);
}
