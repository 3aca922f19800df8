/** The oldest releases that are not known to be vulnerable. `npm audit` needs an advisory server; this needs none. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test.each([
  ['@apollo/server', '5.5.0', 'GHSA-9q82-xgwf-vj6h: searches across sites by GET'],
  ['@apollo/gateway', '2.13.2', 'GHSA-pfjj-6f4p-rvmh: prototype pollution'],
  ['@apollo/composition', '2.12.0', 'GHSA-mx7m-j9xf-62hw: access control on interfaces'],
])('%s is %s at least (%s)', (name, least) => {
  const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'));
  const found = Object.entries<{ version: string }>(packages).filter(([path]) => path.endsWith(`node_modules/${name}`));
  expect(found.length).toBeGreaterThan(0);
  for (const [, { version }] of found)
    expect(version.localeCompare(least, 'en', { numeric: true })).toBeGreaterThanOrEqual(0);
});
