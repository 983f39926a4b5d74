import { GitHubError } from './errors.ts';
import { boundedSignal, partsOf, type Send, type SendOptions } from './send.ts';

export interface Archives {
  /** All files of a commit as the bytes of a gzipped tar, below one folder named after the repository. */
  getTarball(repository: string, sha: string): Promise<ReadableStream<Uint8Array>>;
}

const MAX_REDIRECTS = 3;

/**
 * GitHub answers with a redirect to another host whose URL carries its own short-lived credentials. It is followed by
 * hand, so that our token stays with the API whatever the runtime's fetch does with headers on redirects.
 */
export function createArchives(send: Send, options: SendOptions): Archives {
  return {
    async getTarball(repository, sha) {
      const route = 'GET /repos/{owner}/{repo}/tarball/{ref}';
      const first = await send.stream(route, { ...partsOf(repository), ref: sha });
      const location = first.headers.location;
      if (first.status < 300 && first.data) return first.data;
      if (location === undefined) throw unreadable(first.status);
      return download(new URL(String(location), options.apiUrl), options);
    },
  };
}

async function download(start: URL, options: SendOptions): Promise<ReadableStream<Uint8Array>> {
  let url = start;
  for (let hop = 0; hop < MAX_REDIRECTS; hop++) {
    const response = await get(url, options);
    const location = response.headers.get('location');
    if (response.ok && response.body) return response.body;
    if (response.status < 300 || response.status >= 400 || location === null) {
      throw unreadable(response.status);
    }
    url = new URL(location, url);
  }
  throw unreadable(310);
}

async function get(url: URL, { fetch, signal }: SendOptions): Promise<Response> {
  try {
    return await fetch(new Request(url, { redirect: 'manual', signal: boundedSignal(signal) }));
  } catch (error) {
    signal?.throwIfAborted();
    throw new GitHubError('GitHub gave no answer to the download of an archive', {
      status: 0,
      code: 'unavailable',
      cause: error,
    });
  }
}

/** The URL was GitHub's own a moment ago, so whatever refuses it now may pass. */
function unreadable(status: number): GitHubError {
  return new GitHubError(`GitHub answered ${status} to the download of an archive`, {
    status,
    code: 'unavailable',
  });
}
