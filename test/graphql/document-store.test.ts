/** Repeated documents are stored, within a bound that documents sent once do not use. */
import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { createDocumentStore } from '../../src/graphql/document-store.ts';

/** A document of ten characters. */
const documentOf = (name: string) => parse(`{${name.padEnd(8, '_')}}`);
const create = () => createDocumentStore({ sentOnce: 3, characters: 30 });
type Store = ReturnType<typeof create>;

const send = async (store: Store, ...names: string[]) => {
  for (const name of names) if (!(await store.get(name))) await store.set(name, documentOf(name));
};
const storedOf = async (store: Store, ...names: string[]) => {
  const found = await Promise.all(names.map((name) => store.get(name)));
  return names.filter((_, index) => found[index]);
};

test('a document is stored when it is sent the second time', async () => {
  const store = create();
  await send(store, 'a');
  expect(await store.get('a')).toBeUndefined();
  await send(store, 'a');
  expect(await store.get('a')).toEqual(documentOf('a'));
});

test('documents that are sent once evict no stored document', async () => {
  const store = create();
  await send(store, 'a', 'a');
  await send(store, ...Array.from({ length: 100 }, (_, index) => `once${index}`));
  expect(await storedOf(store, 'a', 'once0', 'once99')).toEqual(['a']);
});

test('a document counts as sent once for as long as few others are', async () => {
  const store = create();
  await send(store, 'a', 'b', 'c', 'a');
  expect(await storedOf(store, 'a')).toEqual(['a']);
  await send(store, 'd', 'e', 'b');
  expect(await storedOf(store, 'b')).toEqual([]);
});

test('beyond the bound, the least recently read document is removed', async () => {
  const store = create();
  await send(store, 'a', 'a', 'b', 'b', 'c', 'c');
  await store.get('a');
  await send(store, 'd', 'd');
  expect(await storedOf(store, 'a', 'b', 'c', 'd')).toEqual(['a', 'c', 'd']);
});

test('a document that is set again counts once', async () => {
  const store = create();
  for (const name of ['a', 'a', 'a', 'a', 'a', 'a', 'b', 'b', 'c', 'c']) await store.set(name, documentOf(name));
  expect(await storedOf(store, 'a', 'b', 'c')).toEqual(['a', 'b', 'c']);
});

test('a document beyond the bound, or without its text, is not stored', async () => {
  const store = create();
  await send(store, 'a', 'a');
  const textless = parse('{ b }', { noLocation: true });
  for (const document of [documentOf('x'.repeat(29)), documentOf('x'.repeat(29)), textless, textless])
    await store.set(document === textless ? 'textless' : 'long', document);
  expect(await storedOf(store, 'a', 'long', 'textless')).toEqual(['a']);
  await Promise.all([1, 2].map(() => store.set('just', documentOf('x'.repeat(28)))));
  expect(await storedOf(store, 'a', 'just')).toEqual(['just']);
});

test('a deleted document is gone, and leaves room', async () => {
  const store = create();
  await send(store, 'a', 'a', 'b', 'b', 'c', 'c');
  expect([await store.delete('b'), await store.delete('b')]).toEqual([true, false]);
  await send(store, 'd', 'd');
  expect(await storedOf(store, 'a', 'b', 'c', 'd')).toEqual(['a', 'c', 'd']);
});

test('a document is known as repeated when it was sent twice, and not one of the same text that was sent once', async () => {
  const store = create();
  const [first, second] = [documentOf('a'), documentOf('a')];
  await store.set('a', first);
  expect([first, second].map(store.isRepeated)).toEqual([false, false]);
  await store.set('a', second);
  expect([first, second].map(store.isRepeated)).toEqual([false, true]);
});
