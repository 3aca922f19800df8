import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, which begin first: one of them at the end would leave the other core idle. */
const longest = [
  'store/postgres',
  'store/disk-full',
  'reliability/webhooks',
  'reliability/crash',
  'reliability/crash-postgres',
  'federation/matrix',
  'commands/copy',
  'start',
  'store/model',
  'http/cashier',
  'http/explorer',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Folders whose files share a few processes: a process for each file takes twice the CPU, for loading the same modules. */
const shared = 'channels|config|corpora|docs|emulators|graphql|http|identity|lib|log|scripts|security|testing';

/** Files there that change what their process shares: modules of Node, sockets (alipay-sdk), or that measure its CPU. */
const alone = [
  'test/channels/alipay/{alipay,oracle}.test.ts',
  'test/emulators/alipay.test.ts',
  'test/graphql/amplification.test.ts',
  'test/lib/{connection,exchange-end,resolver-defaults,tunnel}.test.ts',
];

/** With PREPARED=1 every query runs as a prepared operation from the first time on: npm test then tests the other path. */
const setupFiles = process.env.PREPARED === '1' ? ['test/support/prepared-first.ts'] : [];

export default defineConfig({
  // Node loads graphql as CommonJS, Vite would load it as a module: two copies do not know each other's types.
  resolve: {
    alias: [
      { find: /^graphql$/, replacement: 'graphql/index.js' },
      { find: '@jest/globals', replacement: new URL('test/support/jest-globals.ts', import.meta.url).pathname },
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'alone', include: ['test/*.test.ts', `test/!(${shared})/**/*.test.ts`, ...alone] },
      },
      {
        extends: true,
        test: {
          name: 'shared',
          include: [`test/@(${shared})/**/*.test.ts`],
          exclude: alone,
          isolate: false,
        },
      },
    ],
    setupFiles,
    testTimeout: 20_000,
    // Apollo's integration suite is written for jest; only what Vite loads gets the alias.
    server: { deps: { inline: ['@apollo/server-integration-testsuite'] } },
    // Machines have two cores; the third worker runs while others wait for times, processes and databases.
    maxWorkers: 3,
    // Tests that wait, most of them for five seconds.
    maxConcurrency: 20,
    sequence: { sequencer: LongestFirst },
  },
});
