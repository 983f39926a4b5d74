import { fileURLToPath } from 'node:url';

/** The environment of a process that takes what another has compiled before it: a third of what it takes to begin. */
export const COMPILED = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/cadence/compiled', import.meta.url)),
};

/** Node's options for a process that makes much and keeps little: a tenth of its work is collecting that. */
export const ROOMY = ['--max-semi-space-size=64'];
