import { z } from 'zod';
import { type GitStore, type Signature, typeOfMode } from '../git/store.ts';
import type { TreeChange } from '../git/tree.ts';
import { emptyRepository, unprocessable } from './errors.ts';

const personBody = z.object({ name: z.string(), email: z.string(), date: z.string().optional() });

export const commitBody = z.object({
  message: z.string(),
  tree: z.string(),
  parents: z.array(z.string()).default([]),
  author: personBody.optional(),
  committer: personBody.optional(),
});

const entryBody = z.object({
  path: z.string(),
  mode: z.string(),
  type: z.string().optional(),
  sha: z.string().nullable().optional(),
  content: z.string().optional(),
});

export const treeBody = z.object({ base_tree: z.string().optional(), tree: z.array(entryBody) });

const modes = ['100644', '100755', '040000', '160000', '120000'];

/**
 * One entry of a tree to be created, with inline content written to a blob.
 *
 * @throws ApiError 422 in the words that issue trackers quote from GitHub
 */
export async function changeOf(store: GitStore, entry: z.infer<typeof entryBody>): Promise<TreeChange> {
  const { path, mode, sha, content } = entry;
  if (path.startsWith('/')) throw unprocessable('tree.path cannot start with a slash');
  if (path.split('/').some((part) => ['', '.', '..'].includes(part) || part.toLowerCase() === '.git')) {
    throw unprocessable('tree.path contains a malformed path component');
  }
  if (!modes.includes(mode)) throw unprocessable(`tree.mode ${mode} is not a valid mode`);
  if (content !== undefined && sha !== undefined) {
    throw unprocessable(
      'Must supply either tree.sha or tree.content. Request will be rejected if both are present.',
    );
  }
  if (content !== undefined) {
    return { path, entry: { mode, oid: await store.writeBlob(Buffer.from(content)) } };
  }
  if (sha === undefined) {
    throw unprocessable(
      'Must supply either tree.sha or tree.content. Request will be rejected if both are present.',
    );
  }
  if (sha === null) return { path, entry: null };
  const type = typeOfMode(mode);
  // The commit of a submodule lives in another repository.
  if (type !== 'commit' && (await store.read(sha))?.type !== type) {
    throw unprocessable(`tree.sha ${sha} is not a valid ${type}`);
  }
  return { path, entry: { mode, oid: sha } };
}

/** A person with a time of RFC 3339, whose offset from UTC is kept. Without a date it is now. */
export function personOf(person: z.infer<typeof personBody>, nowMs: number): Signature {
  const { name, email, date } = person;
  if (date === undefined) return { name, email, seconds: Math.floor(nowMs / 1000), zone: '+0000' };
  const ms = Date.parse(date);
  if (Number.isNaN(ms) || !/^\d{4}-\d\d-\d\dT/.test(date)) {
    throw unprocessable(
      `Invalid request.\n\nFor 'properties/date', ${JSON.stringify(date)} is not a valid date-time.`,
    );
  }
  const zone = /[+-]\d\d:?\d\d$/.exec(date)?.[0].replace(':', '') ?? '+0000';
  return { name, email, seconds: Math.floor(ms / 1000), zone };
}

/** Blobs, trees and commits cannot be created before the first commit, which the contents API makes. */
export async function refuseEmpty(store: GitStore): Promise<void> {
  if ((await store.listRefs('refs/heads/')).length === 0) throw emptyRepository();
}

/** The bytes of a Base64 text, line breaks allowed; undefined when it is something else. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.replace(/=+$/, '').length % 4 === 1)
    return undefined;
  return Buffer.from(compact, 'base64');
}
