/** What a step's commit stores: edits to put, paths to take out of the overlay, and the base if it moved. */
export interface WorkspaceChanges {
  baseSha: string | null;
  put: { path: string; content: string | null }[];
  removed: string[];
}

/** Read-only files at a base commit, loaded when first asked for and kept for the delivery. */
export interface BaseFiles {
  /** All paths, sorted. */
  paths(): Promise<string[]>;
  /** A file's text, or null when there is none. Binary files are refused with an explanation. */
  read(path: string): Promise<FileContent>;
  /** Every text file, for a search over the whole tree. */
  all(): Promise<ReadonlyMap<string, string>>;
}

export type FileContent =
  | { kind: 'text'; text: string }
  | { kind: 'missing' }
  | { kind: 'unreadable'; reason: 'binary' | 'tooLarge' };

/** Files of a workspace as an agent sees them: an overlay of edits over a base commit (or over nothing). */
export interface Workspace {
  readonly repository: string | null;
  readonly branch: string;
  readonly baseBranch: string | null;
  readonly baseSha: string | null;
  /** Uncommitted edits; null content means deleted. */
  readonly overlay: ReadonlyMap<string, string | null>;
  readonly base: BaseFiles;
  paths(): Promise<string[]>;
  read(path: string): Promise<FileContent>;
  search(): Promise<ReadonlyMap<string, string>>;
  write(path: string, content: string): void;
  remove(path: string): void;
  /** The base moves to a commit and these paths leave the overlay (all of it after a commit of ours). */
  rebase(baseSha: string, forget: Iterable<string>): void;
  /** What changed since the last call: what the step's commit must store. */
  takeChanges(): WorkspaceChanges;
}
