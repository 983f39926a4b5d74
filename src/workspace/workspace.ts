import type { TreeMode } from '../github/git-data.ts';
import { normalisePath } from './paths.ts';

/** What a step's commit stores: edits to put, paths to take out of the overlay, and the base if it moved (else null). */
export interface WorkspaceChanges {
  baseSha: string | null;
  put: { path: string; content: string | null }[];
  removed: string[];
}

/** Read-only files at a base commit, loaded when first asked for and kept for the delivery. */
export interface BaseFiles {
  /** All paths of files, sorted; submodules are none. @throws {WorkspaceError} when there are too many to list */
  paths(): Promise<string[]>;
  /** Git's mode of a path; null when there is nothing or a folder. */
  mode(path: string): Promise<TreeMode | null>;
  /** A file's text. A symbolic link reads as its target. */
  read(path: string): Promise<FileContent>;
  /** Every text file, for a search over the whole tree. @throws {WorkspaceError} when that is too much to load */
  all(): Promise<ReadonlyMap<string, string>>;
}

export type FileContent =
  | { kind: 'text'; text: string }
  | { kind: 'missing' }
  | { kind: 'unreadable'; reason: 'binary' | 'tooLarge' | 'submodule' };

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
  exists(path: string): Promise<boolean>;
  read(path: string): Promise<FileContent>;
  search(): Promise<ReadonlyMap<string, string>>;
  /** @throws {WorkspaceError} for a path or a text that cannot be stored */
  write(path: string, content: string): void;
  /** Takes a file away. Removing what is not there changes nothing that a commit or a diff would see. */
  remove(path: string): void;
  /** The base moves to a commit and these paths leave the overlay (all of it after a commit of ours). */
  rebase(baseSha: string, forget: Iterable<string>): void;
  /** What changed since the last call: what the step's commit must store. */
  takeChanges(): WorkspaceChanges;
}

/** The most a text file may have, in bytes of UTF-8. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** The most all uncommitted edits may have together: a run reads them in one answer, and Neon's have a limit of 10 MB. */
const MAX_OVERLAY_BYTES = 4 * 1024 * 1024;

/** Something the workspace cannot do, in words fit for a model. It would fail the same way again. */
export class WorkspaceError extends Error {
  readonly code: 'invalidPath' | 'invalidText' | 'tooLarge';

  constructor(code: 'invalidPath' | 'invalidText' | 'tooLarge', message: string) {
    super(message);
    this.name = 'WorkspaceError';
    this.code = code;
  }
}

/**
 * @param options.overlay the stored edits; they count as stored and are no change
 * @param options.openBase the files of a commit, or of nothing for null; called anew each time the base moves
 */
export function createWorkspace(options: {
  repository: string | null;
  branch: string;
  baseBranch: string | null;
  baseSha: string | null;
  overlay: Iterable<readonly [path: string, content: string | null]>;
  openBase(baseSha: string | null): BaseFiles;
}): Workspace {
  const overlay = new Map(options.overlay);
  let baseSha = options.baseSha;
  let base = options.openBase(baseSha);
  let put = new Map<string, string | null>();
  let removed = new Set<string>();
  let hasMoved = false;

  function set(path: string, content: string | null): void {
    const checked = normalisePath(path);
    if (!checked.ok) throw new WorkspaceError('invalidPath', `${path}: the path ${checked.reason}`);
    overlay.set(checked.path, content);
    put.set(checked.path, content);
    removed.delete(checked.path);
  }

  return {
    repository: options.repository,
    branch: options.branch,
    baseBranch: options.baseBranch,
    overlay,
    get baseSha() {
      return baseSha;
    },
    get base() {
      return base;
    },

    async paths() {
      const paths = new Set(await base.paths());
      for (const [path, content] of overlay) {
        if (content === null) paths.delete(path);
        else paths.add(path);
      }
      return [...paths].sort();
    },

    async exists(path) {
      const edited = overlay.get(path);
      return edited === undefined ? (await base.mode(path)) !== null : edited !== null;
    },

    async read(path) {
      const edited = overlay.get(path);
      if (edited === null) return { kind: 'missing' };
      return edited === undefined ? base.read(path) : { kind: 'text', text: edited };
    },

    async search() {
      const files = new Map(await base.all());
      for (const [path, content] of overlay) {
        if (content === null) files.delete(path);
        else files.set(path, content);
      }
      return files;
    },

    write(path, content) {
      checkText(path, content);
      checkTotal(overlay, path, content);
      set(path, content);
    },

    remove(path) {
      set(path, null);
    },

    rebase(sha, forget) {
      for (const path of [...forget]) {
        overlay.delete(path);
        put.delete(path);
        removed.add(path);
      }
      if (sha === baseSha) return;
      baseSha = sha;
      hasMoved = true;
      base = options.openBase(sha);
    },

    takeChanges() {
      const changes = {
        baseSha: hasMoved ? baseSha : null,
        put: [...put].map(([path, content]) => ({ path, content })),
        removed: [...removed],
      };
      put = new Map();
      removed = new Set();
      hasMoved = false;
      return changes;
    },
  };
}

function checkTotal(overlay: ReadonlyMap<string, string | null>, path: string, content: string): void {
  let bytes = byteLength(content);
  for (const [other, text] of overlay) if (other !== path && text !== null) bytes += byteLength(text);
  if (bytes <= MAX_OVERLAY_BYTES) return;
  throw new WorkspaceError(
    'tooLarge',
    `${path}: with it the uncommitted edits have ${bytes} bytes, more than ${MAX_OVERLAY_BYTES}. Commit first.`,
  );
}

const byteLength = (text: string) => new TextEncoder().encode(text).byteLength;

/** Git would take any bytes; Postgres refuses NUL in a text, and a lone surrogate has no UTF-8. */
function checkText(path: string, content: string): void {
  if (content.includes('\0'))
    throw new WorkspaceError('invalidText', `${path}: the text has a NUL character`);
  if (!content.isWellFormed()) {
    throw new WorkspaceError('invalidText', `${path}: the text has half a surrogate pair`);
  }
  const bytes = byteLength(content);
  if (bytes > MAX_FILE_BYTES) {
    throw new WorkspaceError(
      'tooLarge',
      `${path}: ${bytes} bytes are more than a file may have (${MAX_FILE_BYTES})`,
    );
  }
}
