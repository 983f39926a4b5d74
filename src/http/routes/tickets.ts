import { z } from '@hono/zod-openapi';
import { makeTicket } from '../../domain/auth/make-ticket.ts';
import type { Context } from '../../domain/context.ts';
import { needs } from '../access.ts';
import { BODY_PROBLEMS, createRoute, json, jsonBody, problems, router, TOKEN_PROBLEMS } from '../contract.ts';
import { canonicalPath } from '../paths.ts';

/** Of a stream, in any of its three spellings. */
const STREAM_PATH = /^(?:\/api(?:\/v1)?)?\/(?:agents|runs|dag-executions)\/[\w-]{1,100}\/events$/;

const makeTicketRoute = createRoute({
  method: 'post',
  path: '/tickets',
  operationId: 'makeTicket',
  tags: ['events'],
  summary: 'Get a ticket that opens a stream without a token in its address',
  ...needs('read'),
  description:
    'For clients that can set no headers, such as the `EventSource` of browsers: add it to the address as `?ticket=`. It opens that one stream once, within a minute, as you and for this organisation; a client that comes back asks for another. The stream ends when what you showed here does.',
  request: {
    body: jsonBody(
      z
        .strictObject({
          path: z.string().regex(STREAM_PATH, 'the path of a stream').openapi({
            description: 'The path of the stream',
            example: '/runs/run_01h455vb4pex5vsknk084sn02q/events',
          }),
        })
        .openapi('NewTicket'),
    ),
  },
  responses: {
    201: json(
      z.object({ ticket: z.string(), expiresAt: z.iso.datetime() }).openapi('Ticket'),
      'The ticket; what it is for is not looked at before it is used',
    ),
    ...problems(...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
  },
});

/** Tickets for streams. */
export const tickets = (context: Context) =>
  router().openapi(makeTicketRoute, async (c) => {
    const { path } = c.req.valid('json');
    const stream = {
      path: canonicalPath(new Request(new URL(path, context.settings.publicUrl))),
      until: c.get('tokenExpiresAt'),
    };
    return c.json(await makeTicket(context, c.get('actor'), stream), 201);
  });
