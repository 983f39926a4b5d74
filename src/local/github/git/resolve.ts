import type { GitStore } from './store.ts';

/** The commit that a branch, tag, full ref, oid or abbreviated oid names. Annotated tags are followed. */
export async function resolveCommit(store: GitStore, name: string): Promise<string | undefined> {
  const refs = name.startsWith('refs/')
    ? [name]
    : [`refs/heads/${name}`, `refs/tags/${name}`, ...(name.includes('/') ? [`refs/${name}`] : [])];
  for (const ref of refs) {
    const oid = isRefName(ref) ? await store.resolveRef(ref) : undefined;
    if (oid !== undefined) return peel(store, oid);
  }
  const oid = await store.expand(name);
  return oid === undefined ? undefined : peel(store, oid);
}

async function peel(store: GitStore, oid: string): Promise<string | undefined> {
  const found = await store.read(oid);
  if (found?.type === 'commit') return oid;
  if (found?.type !== 'tag') return undefined;
  const target = /^object ([0-9a-f]{40})$/m.exec(Buffer.from(found.content).toString('utf8'))?.[1];
  return target === undefined ? undefined : peel(store, target);
}

/** Whether a full name is one that `git check-ref-format` accepts. */
export function isRefName(ref: string): boolean {
  const parts = ref.split('/');
  return (
    parts.length >= 2 &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: Git forbids control characters in names
    !/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\.$/.test(ref) &&
    parts.every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'))
  );
}
