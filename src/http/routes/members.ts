import { z } from '@hono/zod-openapi';
import type { Context } from '../../domain/context.ts';
import { changeMember, removeMember } from '../../domain/organisations/change-member.ts';
import { invite } from '../../domain/organisations/invite.ts';
import { listInvitations } from '../../domain/organisations/list-invitations.ts';
import { listMembers } from '../../domain/organisations/list-members.ts';
import { revokeInvitation } from '../../domain/organisations/revoke-invitation.ts';
import { needs } from '../access.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { outlive } from '../outlive.ts';
import { listOf } from '../pagination.ts';
import { inPath } from '../params.ts';
import { scoped } from '../scoped.ts';
import { roleSchema } from './role-schema.ts';

const tags: ['organisations'] = ['organisations'];
const params = z.object({ organisationId: inPath.organisationId });
const ofMember = params.extend({ userId: inPath.userId });

const memberSchema = z
  .object({
    userId: z.string(),
    login: z.string(),
    name: z.string().nullable(),
    role: roleSchema,
    joinedAt: z.iso.datetime(),
  })
  .openapi('Member');

const invitationSchema = z
  .object({
    id: z.string(),
    login: z.string().nullable().openapi({ description: 'Whom it is for; null for whoever has its token' }),
    role: roleSchema.openapi({ description: 'What who accepts it becomes' }),
    invitedBy: z.string(),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .openapi('Invitation');

const login = z.string().regex(/^[\w-]{1,100}$/, 'a GitHub login');

const listMembersRoute = createRoute({
  method: 'get',
  path: '/organisations/{organisationId}/members',
  operationId: 'listMembers',
  tags,
  summary: 'List the members of an organisation in the order they joined; all are on one page',
  ...needs('read'),
  request: { params },
  responses: { 200: json(listOf(memberSchema), 'The members'), ...problems(...TOKEN_PROBLEMS) },
});

const changeMemberRoute = createRoute({
  method: 'patch',
  path: '/organisations/{organisationId}/members/{userId}',
  operationId: 'changeMember',
  tags,
  summary: 'Change what a member is; owners are made and unmade by owners',
  ...needs('manage'),
  request: {
    params: ofMember,
    body: jsonBody(z.strictObject({ role: roleSchema }).openapi('MemberChanges')),
  },
  responses: {
    200: json(memberSchema, 'The member'),
    ...problems('notFound', 'lastOwner', 'organisationManaged', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const removeMemberRoute = createRoute({
  method: 'delete',
  path: '/organisations/{organisationId}/members/{userId}',
  operationId: 'removeMember',
  tags,
  summary: 'Take a member out of an organisation, or leave it yourself',
  description: 'What they made stays. Their keys end, and their agents can use their GitHub access no more.',
  ...needs('account'),
  request: { params: ofMember },
  responses: {
    204: { description: 'They are no member any more' },
    ...problems('notFound', 'lastOwner', ...TOKEN_PROBLEMS),
  },
});

const inviteRoute = createRoute({
  method: 'post',
  path: '/organisations/{organisationId}/invitations',
  operationId: 'inviteMember',
  tags,
  summary: 'Invite somebody: hand them the token, which is shown once and is good for a week',
  ...needs('manage'),
  request: {
    params,
    body: jsonBody(
      z
        .strictObject({
          role: roleSchema,
          login: login.optional().openapi({ description: 'Only this GitHub user can accept it' }),
        })
        .openapi('NewInvitation'),
    ),
  },
  responses: {
    201: json(invitationSchema.extend({ token: z.string() }).openapi('MadeInvitation'), 'The invitation'),
    ...problems('organisationPersonal', 'organisationManaged', ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

const listInvitationsRoute = createRoute({
  method: 'get',
  path: '/organisations/{organisationId}/invitations',
  operationId: 'listInvitations',
  tags,
  summary: 'List the invitations that can still be accepted, newest first; all are on one page',
  ...needs('manage'),
  request: { params },
  responses: { 200: json(listOf(invitationSchema), 'The invitations'), ...problems(...TOKEN_PROBLEMS) },
});

const revokeInvitationRoute = createRoute({
  method: 'delete',
  path: '/organisations/{organisationId}/invitations/{invitationId}',
  operationId: 'revokeInvitation',
  tags,
  summary: 'Take an invitation back',
  ...needs('manage'),
  request: { params: params.extend({ invitationId: inPath.invitationId }) },
  responses: {
    204: { description: 'Nobody can accept it any more' },
    ...problems('notFound', ...TOKEN_PROBLEMS),
  },
});

/** Who is in an organisation, and who is to be. */
export const members = (context: Context) =>
  router()
    .openapi(listMembersRoute, async (c) => {
      const data = await listMembers(context, c.get('actor').organisationId);
      return c.json({ data, nextCursor: null }, 200);
    })
    .openapi(changeMemberRoute, async (c) => {
      const { userId } = c.req.valid('param');
      const input = { actor: c.get('actor'), userId, ...c.req.valid('json') };
      return c.json(await outlive(c, changeMember(context, input)), 200);
    })
    .openapi(removeMemberRoute, async (c) => {
      const { userId } = c.req.valid('param');
      await outlive(c, removeMember(context, { actor: c.get('actor'), userId }));
      return c.body(null, 204);
    })
    .openapi(inviteRoute, async (c) => {
      const { role, login: forLogin = null } = c.req.valid('json');
      const input = { actor: c.get('actor'), role, login: forLogin };
      return c.json(await outlive(c, invite(scoped(c, context), input)), 201);
    })
    .openapi(listInvitationsRoute, async (c) => {
      const data = await listInvitations(context, c.get('actor').organisationId);
      return c.json({ data, nextCursor: null }, 200);
    })
    .openapi(revokeInvitationRoute, async (c) => {
      const { invitationId } = c.req.valid('param');
      const { organisationId } = c.get('actor');
      await revokeInvitation(context, { organisationId, invitationId });
      return c.body(null, 204);
    });
