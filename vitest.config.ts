import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    // Machines have two cores; more workers only make the tests that need a second process slower.
    maxWorkers: 2,
  },
});
