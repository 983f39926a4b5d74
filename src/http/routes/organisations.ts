import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { acceptInvitation } from '../../domain/organisations/accept-invitation.ts';
import { changeOrganisation } from '../../domain/organisations/change-organisation.ts';
import { createOrganisation } from '../../domain/organisations/create-organisation.ts';
import { getOrganisation } from '../../domain/organisations/get-organisation.ts';
import { listOrganisations } from '../../domain/organisations/list-organisations.ts';
import { removeOrganisation } from '../../domain/organisations/remove-organisation.ts';
import { needs } from '../access.ts';
import { changesTo, makes, removes, shows } from '../answers.ts';
import { createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listOf } from '../pagination.ts';
import { inPath } from '../params.ts';
import { BASE_PATH } from '../paths.ts';
import { scoped } from '../scoped.ts';
import { someText } from '../text.ts';
import { roleSchema } from './role-schema.ts';

const tags: ['organisations'] = ['organisations'];
const params = z.object({ organisationId: inPath.organisationId });

const organisationSchema = z
  .object({
    id: z.string().openapi({ example: 'org_01h455vb4pex5vsknk084sn02q' }),
    name: z.string(),
    isPersonal: z.boolean().openapi({ description: 'Yours alone: every user has one' }),
    issuer: z.string().nullable().openapi({
      description: 'Whose tokens say who is in it, and as what; null where its members are managed here',
    }),
    role: roleSchema.openapi({ description: 'What you are in it' }),
    concurrentRuns: z.int().nullable().openapi({
      description:
        'How many of its runs may be at work at once; null: as many as the deployment lets. The others wait in line, `queued`',
    }),
    createdAt: z.iso.datetime(),
  })
  .openapi('Organisation');

const named = z.strictObject({ name: someText(100) }).openapi('OrganisationName');

const createOrganisationRoute = createRoute({
  method: 'post',
  path: '/organisations',
  operationId: 'createOrganisation',
  tags,
  summary: 'Make an organisation that you own',
  ...needs('account'),
  request: { body: jsonBody(named) },
  responses: makes(organisationSchema, 'The organisation'),
});

const listOrganisationsRoute = createRoute({
  method: 'get',
  path: '/organisations',
  operationId: 'listOrganisations',
  tags,
  summary: 'List the organisations you are a member of, your personal one first; all are on one page',
  ...needs('account'),
  responses: { 200: json(listOf(organisationSchema), 'Your organisations'), ...problems(...TOKEN_PROBLEMS) },
});

const getOrganisationRoute = createRoute({
  method: 'get',
  path: '/organisations/{organisationId}',
  operationId: 'getOrganisation',
  tags,
  summary: 'An organisation, and what you are in it',
  ...needs('read'),
  request: { params },
  responses: shows(organisationSchema, 'The organisation'),
});

const changes = z
  .strictObject({
    name: someText(100).optional(),
    concurrentRuns: z.int().min(1).max(10_000).nullable().optional().openapi({
      description:
        'At most as many as the deployment lets; null leaves it to the deployment. More lets runs begin that waited in line; fewer stops none',
    }),
  })
  .openapi('OrganisationChanges');

const changeOrganisationRoute = createRoute({
  method: 'patch',
  path: '/organisations/{organisationId}',
  operationId: 'changeOrganisation',
  tags,
  summary: 'Change what an organisation is called, and how many of its runs may be at work at once',
  ...needs('manage'),
  request: { params, body: jsonBody(changes) },
  responses: changesTo(organisationSchema, 'The organisation'),
});

const removeOrganisationRoute = createRoute({
  method: 'delete',
  path: '/organisations/{organisationId}',
  operationId: 'removeOrganisation',
  tags,
  summary: 'Remove an organisation that has no agents any more; its audit log stays',
  ...needs('own'),
  request: { params },
  responses: removes('It is gone', 'organisationPersonal', 'organisationInUse'),
});

const acceptInvitationRoute = createRoute({
  method: 'post',
  path: '/invitations/accept',
  operationId: 'acceptInvitation',
  tags,
  summary: 'Join an organisation with the token of an invitation, once',
  ...needs('account'),
  request: {
    body: jsonBody(z.strictObject({ token: z.string().min(1).max(200) }).openapi('InvitationToken')),
  },
  responses: changesTo(organisationSchema, 'The organisation, which you are a member of now', 'notFound'),
});

/** Who owns things together. Where an organisation stands in the address, it is the one that a request acts for. */
export const organisations = (context: Context) =>
  router()
    .openapi(createOrganisationRoute, async (c) => {
      const input = { userId: c.get('actor').userId, ...c.req.valid('json') };
      const organisation = await outlive(c, createOrganisation(scoped(c, context), input));
      c.header('location', `${BASE_PATH}/organisations/${organisation.id}`);
      return c.json(organisation, 201);
    })
    .openapi(listOrganisationsRoute, async (c) => {
      const data = await listOrganisations(context, c.get('actor'));
      return c.json({ data, nextCursor: null }, 200);
    })
    .openapi(getOrganisationRoute, async (c) => c.json(await getOrganisation(context, c.get('actor')), 200))
    .openapi(changeOrganisationRoute, async (c) => {
      const { userId, organisationId } = c.get('actor');
      const input = { userId, organisationId, ...c.req.valid('json') };
      return c.json(await outlive(c, changeOrganisation(context, input)), 200);
    })
    .openapi(removeOrganisationRoute, async (c) => {
      await removeOrganisation(context, c.get('actor'));
      return c.body(null, 204);
    })
    .openapi(acceptInvitationRoute, async (c) => {
      const input = { userId: c.get('actor').userId, ...c.req.valid('json') };
      return c.json(await outlive(c, acceptInvitation(context, input)), 200);
    });
