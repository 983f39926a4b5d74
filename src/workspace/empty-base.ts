import type { BaseFiles } from './workspace.ts';

/** The base of an agent without a repository: no files. */
export const emptyBase: BaseFiles = {
  paths: async () => [],
  mode: async () => null,
  read: async () => ({ kind: 'missing' }),
  all: async () => new Map(),
};
