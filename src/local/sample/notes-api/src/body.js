import { HttpError } from './errors.js';

const MOST_BYTES = 100_000;

/** Reads the body of a request as JSON, and no more of it than fits. */
export async function readJson(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES)
      throw new HttpError(413, 'tooLarge', `The body has more than ${MOST_BYTES} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new HttpError(400, 'malformed', 'The body is not JSON.');
  }
}
