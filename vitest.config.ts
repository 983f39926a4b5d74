import { defineConfig } from 'vitest/config';

/** What needs a process of its own. */
const ALONE = [
  // It stops the clock of its process and counts the turns of its event loop.
  'test/faults/**/*.test.ts',
  // It looks at the values the driver gives; whoever uses Drizzle changes that for the whole process.
  'src/local/neon/neon.test.ts',
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    // The product's own log lines would bury what a test reports.
    onConsoleLog: (log) => !log.startsWith('{"level"'),
    testTimeout: 20_000,
    hookTimeout: 60_000,
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
