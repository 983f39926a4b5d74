import { defineConfig } from 'vitest/config';

/** What needs a process of its own. */
const ALONE = [
  // They stop the clock of their process and count the turns of its event loop.
  'test/faults/faults.test.ts',
  'test/faults/dag/dag.test.ts',
  // It looks at the values the driver gives; whoever uses Drizzle changes that for the whole process.
  'src/local/neon/neon.test.ts',
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    // What one test leaves behind is dead before it is moved: a tenth less work for the garbage collector's young space.
    execArgv: ['--max-semi-space-size=64'],
    // The product's own log lines would bury what a test reports.
    onConsoleLog: (log) => !log.startsWith('{"level"'),
    // What hangs does so for a minute as well, and a loaded machine is no failure.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    coverage: { include: ['src/**/*.ts'], exclude: ['src/**/*.test.ts'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ALONE,
          // Files that follow one another in a process load the product and start the database once: half of the time.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
  },
});
