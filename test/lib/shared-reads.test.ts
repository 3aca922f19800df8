import { expect, test } from 'vitest';
import { shareReads } from '../../src/lib/shared-reads.ts';
import { createWakeups } from '../../src/lib/wakeups.ts';

/** Reads the number of reads that have begun. */
const counting = () => {
  let begun = 0;
  const read = shareReads(async (key) => `${key} ${++begun}`);
  return { read, begun: () => begun };
};

test('reads of one key at the same moment are one read, and those of another key another one', async () => {
  const { read, begun } = counting();
  expect(await Promise.all([read('a'), read('a'), read('b'), read('a')])).toEqual(['a 1', 'a 1', 'b 2', 'a 1']);
  expect(begun()).toBe(2);
});

test('a read begins after every reader that shares it has asked', async () => {
  let value = 'old';
  const read = shareReads(async () => value);
  const first = read('a');
  value = 'new';
  expect(await Promise.all([first, read('a')])).toEqual(['new', 'new']);
});

test('a reader that asks after a read has begun gets a read of its own', async () => {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  let reads = 0;
  const read = shareReads(async () => {
    const number = ++reads;
    begun.resolve();
    await end.promise;
    return number;
  });
  const first = read('a');
  await begun.promise;
  const second = read('a');
  end.resolve();
  expect(await Promise.all([first, second])).toEqual([1, 2]);
});

test('a read that fails fails for those who share it, and the next one reads again', async () => {
  let fails = true;
  const read = shareReads(async () => {
    if (fails) throw new Error('unavailable');
    return 'read';
  });
  const both = await Promise.allSettled([read('a'), read('a')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await read('a')).toBe('read');
});

test('500 readers that one wake-up resumes are served by one read', async () => {
  const { read, begun } = counting();
  const { watch, wake } = createWakeups();
  const readers = Array.from({ length: 500 }, async () => {
    const { changed, close } = watch('topic');
    await changed(10_000);
    close();
    return read('a');
  });
  wake('topic');
  expect(new Set(await Promise.all(readers))).toEqual(new Set(['a 1']));
  expect(begun()).toBe(1);
});
