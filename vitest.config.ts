import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Node loads graphql as CommonJS, Vite would load it as a module: two copies do not know each other's types.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Machines have two cores; more workers only make the tests that need a second process slower.
    maxWorkers: 2,
  },
});
