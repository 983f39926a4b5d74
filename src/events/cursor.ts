import type { EventCursor } from '../store/run-events.ts';

/** What a client sent as its place: the header of a client that came back, and the query parameter `after`. */
export interface GivenCursor {
  lastEventId?: string | undefined;
  after?: string | undefined;
}

/** `problem` is fit for a 400. */
export type ParsedCursor<Cursor> = { ok: true; cursor: Cursor } | { ok: false; problem: string };

const SEQ = /^(?:0|[1-9]\d{0,9})$/;
const MAX_SEQ = 2_147_483_647;
/** A TypeID: 26 characters of Crockford's base32 for 128 bits. */
const RUN_ID = /^run_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** The place in a run's stream, such as `17`; 0, the start, when there is none. */
export function parseRunCursor(given: GivenCursor): ParsedCursor<number> {
  const text = pick(given);
  if (text === null) return { ok: true, cursor: 0 };
  const seq = parseSeq(text);
  return seq === null
    ? { ok: false, problem: 'The cursor of a run is the number of an event, such as 17.' }
    : { ok: true, cursor: seq };
}

/** The place in an agent's stream, such as `run_01h455vb4pex5vsknk084sn02q.17`; null, the start, when there is none. */
export function parseAgentCursor(given: GivenCursor): ParsedCursor<EventCursor | null> {
  const text = pick(given);
  if (text === null) return { ok: true, cursor: null };
  const [runId = '', seqText = '', ...rest] = text.split('.');
  const seq = parseSeq(seqText);
  return seq === null || rest.length > 0 || !RUN_ID.test(runId)
    ? { ok: false, problem: 'The cursor of an agent is a run and the number of an event, such as run_….17.' }
    : { ok: true, cursor: { runId, seq } };
}

/** The header wins: a browser that comes back sends the newer place there and still has the old one in its URL. */
const pick = ({ lastEventId, after }: GivenCursor) => lastEventId || after || null;

function parseSeq(text: string): number | null {
  const seq = SEQ.test(text) ? Number(text) : Number.NaN;
  return seq <= MAX_SEQ ? seq : null;
}
