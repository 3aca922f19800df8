/** docs/redemption.md and the code name the same states and functions. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Redemption } from '../../src/store/model.ts';

const page = new URL('../../docs/redemption.md', import.meta.url);
const text = readFileSync(page, 'utf8');
const [, diagram = '', rest = ''] = /```mermaid\n([\s\S]*?)```([\s\S]*)/.exec(text) ?? [];

/** The compiler requires every state of the type, and no other. */
const states: Readonly<Record<Redemption['state'], true>> = {
  CLAIMED: true,
  SENT: true,
  SUCCEEDED: true,
  HELD: true,
  ANSWERED: true,
  REJECTED: true,
  INDETERMINATE: true,
};

test('the diagram of docs/redemption.md has the states of a redemption, each of them entered and left', () => {
  const arrows = [...diagram.matchAll(/^ {2}(\S+) --> (\S+): \S/gm)];
  expect(arrows).toHaveLength(diagram.trim().split('\n').length - 1);
  const names = Object.keys(states).sort();
  const ends = (side: 1 | 2) => [...new Set(arrows.map((arrow) => `${arrow[side]}`))].sort();
  expect(ends(1)).toEqual(['[*]', ...names].sort());
  expect(ends(2)).toEqual(['[*]', ...names].sort());
});

test('docs/redemption.md says for every state what a duplicate gets', () => {
  const described = [...rest.matchAll(/^\| `([A-Z]+)` \|/gm)].map(([, state]) => state);
  expect(described.sort()).toEqual(Object.keys(states).sort());
});

test('every function that docs/redemption.md names is exported by the file that it links', () => {
  const links = [...rest.matchAll(/\[(`[^\]]+`)\]\((\.\.\/src\/[^)]+)\)/g)];
  expect(links.length).toBeGreaterThan(10);
  for (const [, names = '', path = ''] of links) {
    const source = readFileSync(new URL(path, page), 'utf8');
    for (const [, name] of names.matchAll(/`(\w+)`/g)) expect(source, path).toContain(`export const ${name} =`);
  }
});
