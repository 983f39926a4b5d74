import { Failure } from './failure.ts';

const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Reads a JSON body of at most 32 MB, whatever length was declared.
 *
 * @throws {Failure} 413 for a longer one, 400 for one that is not JSON
 */
export async function readJson(request: Request): Promise<unknown> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) {
      throw new Failure(
        413,
        'Request exceeds the maximum allowed number of bytes. The maximum request size is 32 MB.',
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  try {
    return JSON.parse(text + decoder.decode());
  } catch {
    throw new Failure(400, 'The request body is not valid JSON.');
  }
}
