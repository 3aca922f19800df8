import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createWakeups, type Watch } from '../../src/lib/wakeups.ts';

const LONG_MS = 10_000;

const watching = (topics: readonly string[], { watch, wake } = createWakeups()) => {
  const watches = topics.map((topic) => watch(topic));
  onTestFinished(() => {
    for (const each of watches) each.close();
  });
  return { wake, watch, watches: watches as [Watch, ...Watch[]] };
};

/** Whether the watch resumes without anything more happening. */
const resumes = (watch: Watch): Promise<boolean> => resolves(watch.changed(LONG_MS));
const resolves = (sleep: Promise<void>): Promise<boolean> =>
  Promise.race([sleep.then(() => true), delay(20).then(() => false)]);

test('a wake-up resumes a sleeping watch at once', async () => {
  const { wake, watches } = watching(['a']);
  const sleep = watches[0].changed(LONG_MS);
  wake('a');
  expect(await resolves(sleep)).toBe(true);
});

test('a wake-up between watching and sleeping is not missed', async () => {
  const { wake, watches } = watching(['a']);
  wake('a');
  expect(await resumes(watches[0])).toBe(true);
});

test('a wake-up before watching has no effect', async () => {
  const wakeups = createWakeups();
  wakeups.wake('a');
  const { watches } = watching(['a'], wakeups);
  expect(await resumes(watches[0])).toBe(false);
});

test('several wake-ups of a watch that does not sleep count as one', async () => {
  const { wake, watches } = watching(['a']);
  wake('a');
  wake('a');
  expect(await resumes(watches[0])).toBe(true);
  expect(await resumes(watches[0])).toBe(false);
});

test('a watch sleeps and resumes again and again', async () => {
  const { wake, watches } = watching(['a']);
  for (let round = 0; round < 3; round += 1) {
    const sleep = watches[0].changed(LONG_MS);
    wake('a');
    expect(await resolves(sleep)).toBe(true);
  }
});

test('a wake-up reaches every watch of its topic, and no other', async () => {
  const { wake, watches } = watching(['a', 'a', 'b']);
  const sleeps = watches.map((watch) => watch.changed(LONG_MS));
  wake('a');
  expect(await Promise.all(sleeps.map(resolves))).toEqual([true, true, false]);
});

test('a sleep ends when its time is up', async () => {
  const { watches } = watching(['a']);
  const start = performance.now();
  await watches[0].changed(30);
  const took = performance.now() - start;
  expect(took).toBeGreaterThanOrEqual(28);
  expect(took).toBeLessThan(1_000);
});

test('a sleep of no time ends at once', async () => {
  const { watches } = watching(['a']);
  expect(await resolves(watches[0].changed(0))).toBe(true);
});

test('the time of an earlier sleep does not cut a later one short', async () => {
  const { wake, watches } = watching(['a']);
  const first = watches[0].changed(30);
  wake('a');
  await first;
  const second = watches[0].changed(LONG_MS);
  await delay(50);
  expect(await resolves(second)).toBe(false);
});

test('closing resumes the sleeper, and later wake-ups reach only the others', async () => {
  const { wake, watches } = watching(['a', 'a']);
  const [closed, open] = watches.map((watch) => watch.changed(LONG_MS));
  watches[0].close();
  expect(await resolves(closed!)).toBe(true);
  expect(await resolves(open!)).toBe(false);
  wake('a');
  expect(await resolves(open!)).toBe(true);
});

test('closing a watch twice does not close a watch that came in between', async () => {
  const { wake, watch, watches } = watching(['a']);
  watches[0].close();
  const later = watch('a');
  onTestFinished(() => later.close());
  watches[0].close();
  wake('a');
  expect(await resumes(later)).toBe(true);
});
