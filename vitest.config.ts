import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, which begin first: one of them at the end would leave the other core idle. */
const longest = ['store/postgres', 'reliability/crash', 'reliability/crash-postgres', 'store/disk-full', 'store/model'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  // Node loads graphql as CommonJS, Vite would load it as a module: two copies do not know each other's types.
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: 'graphql/index.js' },
      { find: '@jest/globals', replacement: new URL('test/support/jest-globals.ts', import.meta.url).pathname },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Apollo's integration suite is written for jest; only what Vite loads gets the alias.
    server: { deps: { inline: ['@apollo/server-integration-testsuite'] } },
    // Machines have two cores; more workers only make the tests that need a second process slower.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
  },
});
