/** package-lock.json pins what is installed. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lockFileFaults, readLockFile } from '../../scripts/lib/lock-file.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const integrity = `sha512-${'A'.repeat(86)}==`;
const faultsOf = (packages: object, overrides?: object) =>
  lockFileFaults(readLockFile(JSON.stringify({ lockfileVersion: 3, packages })), overrides);
const good = { version: '1.2.3', integrity };

test('package-lock.json pins every package of every platform by its SHA-512, independent of the mirror', () => {
  const packages = readLockFile(read('package-lock.json'));
  expect(Object.keys(packages).length).toBeGreaterThan(1_000);
  expect(lockFileFaults(packages, JSON.parse(read('package.json')).overrides)).toEqual([]);
});

describe('an entry of a lock file passes', () => {
  test.each<[string, object, object?]>([
    ['with a version and a SHA-512', { 'node_modules/a': good }],
    ['within another package', { 'node_modules/a/node_modules/@b/c': good }],
    [
      'under another name, where a dependency says so',
      {
        'node_modules/a': { ...good, dependencies: { b: 'npm:@c/d@^1.0.0' } },
        'node_modules/b': { ...good, name: '@c/d' },
      },
    ],
    [
      'under another name, where an override says so',
      { 'node_modules/b': { ...good, name: '@c/d' } },
      { a: { b: 'npm:@c/d@1.0.0' } },
    ],
    ['that wants a range', { 'node_modules/a': { ...good, peerDependencies: { b: '>=1 <3 || ^4.0.0-beta.1 || *' } } }],
  ])('an entry of a lock file passes: one %s', (_, packages, overrides) => {
    expect(faultsOf(packages, overrides)).toEqual([]);
  });
});

describe('an entry of a lock file is a fault', () => {
  test.each<[string, object]>([
    ['without integrity', { version: '1.2.3' }],
    ['without integrity, for another platform', { version: '1.2.3', optional: true, os: ['win32'] }],
    ['without integrity, as part of a bundle', { version: '1.2.3', inBundle: true }],
    ['with an empty integrity', { ...good, integrity: '' }],
    ['with a SHA-1', { ...good, integrity: `sha1-${'A'.repeat(27)}=` }],
    ['with a SHA-1 beside its SHA-512', { ...good, integrity: `${integrity} sha1-${'A'.repeat(27)}=` }],
    ['with a SHA-512 that is cut off', { ...good, integrity: integrity.slice(0, 80) }],
    ['that names a registry', { ...good, resolved: 'https://registry.npmjs.org/a/-/a-1.2.3.tgz' }],
    ['that names a mirror', { ...good, resolved: 'http://mirror.example/a-1.2.3.tgz' }],
    ['from git', { ...good, resolved: 'git+ssh://git@github.com/a/a.git#0123456' }],
    ['from a file', { ...good, resolved: 'file:../a.tgz' }],
    ['that is a link', { resolved: '../a', link: true }],
    ['without a version', { integrity }],
    ['whose version is an address', { ...good, version: 'https://mirror.example/a.tgz' }],
    ['that is another package than its name says', { ...good, name: 'b' }],
    ['that wants a package from git', { ...good, dependencies: { b: 'git+https://github.com/b/b.git' } }],
    ['that wants a package of a GitHub repository', { ...good, dependencies: { b: 'b/b#main' } }],
    ['that wants a package by its address', { ...good, optionalDependencies: { b: 'https://b.example/b.tgz' } }],
    ['that wants a folder', { ...good, peerDependencies: { b: 'file:../b' } }],
    ['that wants another name for an address', { ...good, dependencies: { b: 'npm:c@https://b.example/c.tgz' } }],
  ])('an entry of a lock file is a fault: one %s', (_, entry) => {
    expect(faultsOf({ 'node_modules/a': entry })).toHaveLength(1);
  });

  test('a dependency or an override of package.json from outside the registry is a fault', () => {
    expect(faultsOf({ '': { devDependencies: { b: 'github:b/b' } } })).toEqual([
      'package.json wants b from outside the registry',
    ]);
    expect(faultsOf({}, { a: { b: 'https://b.example/b.tgz' } })).toHaveLength(1);
  });
});
