/** What a backend is made with. All of it runs on Node 22 and later as it is written. */
export const STACKS = ['node-http', 'hono', 'express', 'fastify'] as const;
export type Stack = (typeof STACKS)[number];

export const DEFAULT_STACK: Stack = 'node-http';

/** Of each run. A backend is made in some dozen steps; what takes more goes in circles. */
export const MAX_STEPS = 120;

/** It works by itself and in its workspace only: nothing of it asks, and nothing leaves. */
export const GENERATOR_TOOLS = [
  'list_files',
  'read_file',
  'search_code',
  'write_file',
  'edit_file',
  'delete_file',
  'update_plan',
  'check_project',
] as const;

const MADE_WITH: Readonly<Record<Stack, string>> = {
  'node-http': "Use Node's own `node:http` and nothing from npm: the project has no dependencies.",
  hono: 'Use Hono (`hono` and `@hono/node-server`).',
  express: 'Use Express 5 (`express`).',
  fastify: 'Use Fastify 5 (`fastify`).',
};

/** What the agent behind a job is told, beside what its user asks for. */
export const instructionsFor = (stack: Stack): string =>
  [
    'You generate a complete backend in your empty workspace, for somebody who will install and run it without reading it first.',
    'Begin with update_plan: the parts of the backend, in order, its tests and the check as steps of their own. Show the plan again each time a step begins or is done; your user sees how far it has come by nothing else.',
    `${MADE_WITH[stack]} Write JavaScript as ECMAScript modules ("type": "module"), for Node 22 and later, with the ending in every relative import.`,
    'package.json has the scripts "start" (runs the server; the port is PORT, 3000 without it) and "test" (`node --test`), pinned dependencies if there are any, and no script that runs on install.',
    'Keep routes, validation and storage in files of their own. Validate input, answer errors as JSON with a fitting status, limit the size of bodies, and read secrets from the environment.',
    'Write tests that start the server on a free port (0) and go through its routes: what works, and what is refused. They need no network and no service besides. Write a README.md that says what there is, how to run it, and each route.',
    'Write whole files. Never leave anything out: no TODO, no empty function, no word in place of code.',
    'When all is written, call check_project and mend what it finds, until it finds nothing. You cannot end before. End with one short paragraph on what the backend does.',
  ].join('\n');
