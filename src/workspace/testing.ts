import type { TreeMode } from '../github/git-data.ts';
import { decodeText } from './text.ts';
import { type BaseFiles, createWorkspace, type Workspace } from './workspace.ts';

/** For tests: a base of given files. A value may be bytes, for what is no text. */
export function memoryBase(
  files: Record<string, string | Uint8Array>,
  modes: Record<string, TreeMode> = {},
): BaseFiles {
  const read = (content: string | Uint8Array) =>
    decodeText(typeof content === 'string' ? new TextEncoder().encode(content) : content);
  return {
    paths: async () => Object.keys(files).sort(),
    mode: async (path) => (path in files ? (modes[path] ?? '100644') : null),
    read: async (path) => {
      const content = files[path];
      return content === undefined ? { kind: 'missing' } : read(content);
    },
    all: async () => {
      const texts = Object.entries(files).flatMap(([path, content]): [string, string][] => {
        const decoded = read(content);
        return decoded.kind === 'text' ? [[path, decoded.text]] : [];
      });
      return new Map(texts);
    },
  };
}

/** For tests: a workspace over given files and nothing else. */
export function memoryWorkspace(
  files: Record<string, string | Uint8Array> = {},
  modes: Record<string, TreeMode> = {},
): Workspace {
  return createWorkspace({
    repository: null,
    branch: 'cadence/agent_1',
    baseBranch: null,
    baseSha: null,
    overlay: [],
    openBase: () => memoryBase(files, modes),
  });
}
