import type { GitObject } from './store.ts';

const MOST_BYTES = 16 * 1024 * 1024;
/** Larger ones are read from the disk each time. */
const LARGEST_BYTES = 256 * 1024;

export interface ObjectCache {
  get(oid: string): GitObject | undefined;
  /** Gives the object back. */
  keep(oid: string, object: GitObject): GitObject;
}

/** The objects that were used last. An object is named by what is in it, so it never changes. */
export function createObjectCache(): ObjectCache {
  const objects = new Map<string, GitObject>();
  let bytes = 0;
  const drop = (oid: string) => {
    bytes -= objects.get(oid)?.content.byteLength ?? 0;
    objects.delete(oid);
  };
  return {
    get(oid) {
      const object = objects.get(oid);
      if (!object) return undefined;
      objects.delete(oid);
      objects.set(oid, object);
      return object;
    },
    keep(oid, object) {
      if (object.content.byteLength > LARGEST_BYTES) return object;
      drop(oid);
      objects.set(oid, object);
      bytes += object.content.byteLength;
      for (const oldest of objects.keys()) {
        if (bytes <= MOST_BYTES) break;
        drop(oldest);
      }
      return object;
    },
  };
}
