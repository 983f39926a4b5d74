import type { FileSystem } from './file-system.ts';
import { withAtomicWrites } from './file-system.ts';
import type { State } from './types.ts';

/** The state in memory, and its copy in `state.json`. */
export interface StateFile {
  data: State;
  /** Resolves when everything changed before the call is on disk. Saves that overlap become one write. */
  save(): Promise<void>;
}

/** Opens `<root>/state.json`, or starts from `initial()` when there is none. */
export async function openStateFile(fs: FileSystem, root: string, initial: () => State): Promise<StateFile> {
  await fs.promises.mkdir(root, { recursive: true });
  const path = `${root}/state.json`;
  const atomic = withAtomicWrites(fs, root);
  const stored = await readIfThere(fs, path);
  const data: State = stored === undefined ? initial() : JSON.parse(stored);

  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const write = () => atomic.promises.writeFile(path, JSON.stringify(data));
  const save = (): Promise<void> => {
    if (!running) {
      running = write().finally(() => {
        running = undefined;
      });
      return running;
    }
    // The running write may have serialised the state already; one more covers every caller until it starts.
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return save();
      });
    return next;
  };
  return { data, save };
}

async function readIfThere(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    return await fs.promises.readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
