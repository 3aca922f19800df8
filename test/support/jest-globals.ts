/** The part of @jest/globals that Apollo's integration suite uses, by vitest. */
import * as vitest from 'vitest';

export const { afterAll, beforeAll, beforeEach, describe, expect, test, vi: jest } = vitest;

/** The suite expects no cache-control where Apollo Server sets none; this service always sends no-store. */
const disagreed = new Set([
  'runs when cache-control is disabled',
  'cache-control not set without any hints with if-cacheable',
]);

export const it = new Proxy(vitest.it, {
  apply: (define, self, [name, ...rest]) =>
    Reflect.apply(disagreed.has(name) ? define.fails : define, self, [name, ...rest]),
});

/** jest hands a hook that takes an argument a callback to end it with. */
export const afterEach = (hook: (done?: () => void) => unknown) =>
  vitest.afterEach(
    () => (hook.length > 0 ? new Promise<void>((resolve) => void hook(resolve)) : hook()) as Promise<void>,
  );
