import { base64url } from 'jose';
import { hashOf } from '../../crypto/hash.ts';
import { insertTicket } from '../../store/tickets.ts';
import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';

const TICKET_BYTES = 32;

/** Leave to open one stream, once, as somebody and for their organisation. `expiresAt` is RFC 3339. */
export interface Ticket {
  ticket: string;
  expiresAt: string;
}

/** @param stream its canonical path, and when what its viewer showed ends */
export async function makeTicket(
  { db }: Context,
  { userId, organisationId, credential }: Actor,
  stream: { path: string; until: Date | null },
): Promise<Ticket> {
  const ticket = base64url.encode(crypto.getRandomValues(new Uint8Array(TICKET_BYTES)));
  const hash = await hashOf(ticket);
  return {
    ticket,
    expiresAt: await insertTicket(db, { hash, userId, organisationId, credential, ...stream }),
  };
}
