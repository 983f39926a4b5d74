/**
 * All access to Git objects and refs of one bare repository goes through this interface, so that the rest of the
 * stand-in does not know where they live.
 */
export interface GitStore {
  /** The object with that full oid, or undefined. */
  read(oid: string): Promise<GitObject | undefined>;
  /** A commit, parsed; undefined when the oid is unknown or names something else. */
  readCommit(oid: string): Promise<Commit | undefined>;
  /** The entries of a tree in Git's order; undefined when the oid is unknown or names something else. */
  readTree(oid: string): Promise<TreeEntry[] | undefined>;
  writeBlob(content: Uint8Array): Promise<string>;
  writeTree(entries: TreeEntry[]): Promise<string>;
  /** Writes the commit byte for byte as given, so equal input gives an equal oid. */
  writeCommit(commit: Omit<Commit, 'oid'>): Promise<string>;
  /** The full oid that an abbreviation of at least four digits names, when it names exactly one. */
  expand(abbreviation: string): Promise<string | undefined>;
  /** The oid a full ref name (`refs/heads/main`) points to. */
  resolveRef(ref: string): Promise<string | undefined>;
  /** Every ref whose full name starts with the prefix, sorted by name. */
  listRefs(prefix: string): Promise<Ref[]>;
  /** Sets a ref without asking; callers hold the repository's lock. */
  writeRef(ref: string, oid: string): Promise<void>;
  deleteRef(ref: string): Promise<void>;
}

type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface GitObject {
  type: ObjectType;
  content: Uint8Array;
}

export interface TreeEntry {
  /** Six digits, such as 100644 or 040000. */
  mode: string;
  name: string;
  oid: string;
}

export interface Signature {
  name: string;
  email: string;
  /** Seconds since 1970. */
  seconds: number;
  /** As Git writes it: `+0200`. */
  zone: string;
}

export interface Commit {
  oid: string;
  tree: string;
  parents: string[];
  author: Signature;
  committer: Signature;
  message: string;
}

export interface Ref {
  ref: string;
  oid: string;
}

export const zeroOid = '0'.repeat(40);

/** What a tree entry's mode says it is. */
export function typeOfMode(mode: string): 'blob' | 'tree' | 'commit' {
  if (mode === '040000') return 'tree';
  return mode === '160000' ? 'commit' : 'blob';
}
