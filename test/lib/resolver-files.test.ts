/** What of a hosts file and of resolv.conf counts: spaces, keywords and numbers beside the usual ones. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addressesIn, candidatesFor } from '../../src/lib/resolver-files.ts';

const fileWith = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'names-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), text);
  return join(folder, 'file');
};

test.each([
  ['several spaces before a suffix', 'search  \t a', ['db.a', 'db']],
  ['several spaces between suffixes', 'search a   b', ['db.a', 'db.b', 'db']],
  ['ndots behind another keyword', 'search a\nsortlist ndots:0', ['db.a', 'db']],
  ['an option that only ends like ndots', 'search a\noptions xndots:0', ['db.a', 'db']],
  ['an option that only begins like ndots', 'search a\noptions ndots:0x', ['db.a', 'db']],
  ['ndots with too many digits', 'search a\noptions ndots:000', ['db.a', 'db']],
  ['ndots with two digits', 'search a\noptions ndots:00', ['db', 'db.a']],
  ['ndots and another option after it', 'search a\noptions ndots:0 rotate', ['db', 'db.a']],
])('a search list with %s has the expected names', (_, resolvConf, names) => {
  expect(candidatesFor(fileWith(resolvConf), 'db')).toEqual(names);
});

test('a name with fewer dots than an ndots of two digits is completed first', () => {
  const file = fileWith('search x\noptions ndots:12');
  expect(candidatesFor(file, 'a.b.c')).toEqual(['a.b.c.x', 'a.b.c']);
});

test('a name without a resolv.conf is looked up as it is', () => {
  expect(candidatesFor('/no/such/file', 'db')).toEqual(['db']);
});

test('an address of a hosts file has its family', () => {
  const file = fileWith('192.0.2.1 \t db\n2001:db8::1   db');
  expect(addressesIn(file, 'db')).toEqual([
    { address: '192.0.2.1', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ]);
});
