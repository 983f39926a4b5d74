import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Snapshot } from './store.ts';

/**
 * Keeps a snapshot on disk. Writes go to a file beside it and are renamed into place, so a process killed at any
 * moment leaves a whole file. Saves asked for while one is being written are one save.
 */
export class StateFile {
  readonly #path: string;
  readonly #take: () => Snapshot;
  #dirty = false;
  #writing: Promise<void> | undefined;

  constructor(path: string, take: () => Snapshot) {
    this.#path = path;
    this.#take = take;
  }

  /** Asks for a save. */
  changed(): void {
    this.#dirty = true;
    this.#writing ??= this.#write();
    // Whoever needs the file asks `flushed`; the next change tries again.
    this.#writing.catch(() => undefined);
  }

  /** Resolves when everything changed so far is on disk; rejects when it could not be written. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      await mkdir(dirname(this.#path), { recursive: true });
      while (this.#dirty) {
        this.#dirty = false;
        const temporary = `${this.#path}.tmp`;
        await writeFile(temporary, JSON.stringify(this.#take()));
        await rename(temporary, this.#path);
      }
    } finally {
      // In the same turn as the last look at `#dirty`: a change can find this write over, never half over.
      this.#writing = undefined;
    }
  }
}

/**
 * @returns undefined when there is no file yet
 * @throws Error when there is one that this version cannot read, rather than starting empty over it
 */
export async function loadSnapshot(path: string): Promise<Snapshot | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const snapshot: Snapshot = JSON.parse(text);
  if (snapshot.version !== 1) throw new Error(`${path} was written by another version of the stand-in`);
  return snapshot;
}
