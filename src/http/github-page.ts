import { z } from '@hono/zod-openapi';
import { readCursor, writeCursor } from './pagination.ts';

interface GithubPage {
  page: number;
  perPage: number;
}

const POSITION = z.tuple([z.int().min(1).max(100_000), z.int().min(1).max(100)]);

/**
 * Which page of GitHub's a caller of our lists means. The size rides in the cursor, since page numbers mean nothing
 * without it: another `limit` on the way is not followed.
 */
export function githubPage({ limit, cursor }: { limit: number; cursor?: string }): GithubPage {
  if (cursor === undefined) return { page: 1, perPage: limit };
  const [page, perPage] = readCursor(cursor, POSITION);
  return { page, perPage };
}

export const githubPageCursor = (nextPage: number | null, { perPage }: GithubPage): string | null =>
  nextPage === null ? null : writeCursor([nextPage, perPage]);
