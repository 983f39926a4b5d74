import type { Core } from '../core.ts';
import type { ApiContext } from './context.ts';

/** The page asked for: `page` from 1, `per_page` 30 unless given and 100 at most; nonsense falls back. */
export function pageOf(c: ApiContext): { page: number; perPage: number } {
  const number = (name: string, fallback: number) => {
    const value = Number(c.req.query(name));
    return Number.isInteger(value) && value > 0 ? value : fallback;
  };
  return { page: number('page', 1), perPage: Math.min(number('per_page', 30), 100) };
}

/** One page of a whole list; sets the `Link` header when there is more than one. */
export function paginate<T>(core: Core, c: ApiContext, items: T[]): T[] {
  const { page, perPage } = pageOf(c);
  const last = Math.max(1, Math.ceil(items.length / perPage));
  linkPages(core, c, { hasNext: page < last, last });
  return items.slice((page - 1) * perPage, page * perPage);
}

/** Sets `Link`; `last` is left out where only the next page is known to exist. */
export function linkPages(core: Core, c: ApiContext, known: { hasNext: boolean; last?: number }): void {
  const { page } = pageOf(c);
  const link = (rel: string, number: number) => {
    const requested = new URL(c.req.url);
    requested.searchParams.set('page', String(number));
    return `<${core.url}${requested.pathname}${requested.search}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link('prev', page - 1)] : []),
    ...(known.hasNext ? [link('next', page + 1)] : []),
    ...(known.hasNext && known.last !== undefined ? [link('last', known.last)] : []),
    ...(page > 1 ? [link('first', 1)] : []),
  ];
  if (links.length > 0) c.header('Link', links.join(', '));
}
