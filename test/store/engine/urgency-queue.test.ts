/** The queue that gives out connections by urgency. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { DatabaseOverloaded, type Urgency } from '../../../src/store/engine/engine.ts';
import { createUrgencyQueue, type Release } from '../../../src/store/engine/urgency-queue.ts';

const PLACES = 10;

/** Enters calls of an urgency until one does not get a place at once. */
const fill = async (lanes: ReturnType<typeof createUrgencyQueue>, urgency: Urgency) => {
  const taken: Release[] = [];
  let refused = 0;
  for (let index = 0; index < PLACES; index += 1)
    void lanes.enter(urgency).then(
      (leave) => taken.push(leave),
      () => {
        refused += 1;
      },
    );
  await delay(5);
  return { taken, refused: () => refused };
};

test.each<[Urgency, number]>([
  ['settle', 10],
  ['mark', 8],
  ['claim', 7],
  ['read', 7],
  ['poll', 6],
])('of ten places, calls that %s get %i', async (urgency, places) => {
  const { taken } = await fill(createUrgencyQueue(PLACES), urgency);
  expect(taken).toHaveLength(places);
});

test('P7: with claims in every place that they may have, a settle and a poll begin at once', async () => {
  const lanes = createUrgencyQueue(PLACES);
  const { taken } = await fill(lanes, 'claim');
  expect(taken).toHaveLength(7);
  for (const urgency of ['poll', 'settle', 'settle'] as const)
    expect(await Promise.race([lanes.enter(urgency), delay(100)])).toBeInstanceOf(Function);
});

test('places go to the most urgent call, and within an urgency in the order of the calls', async () => {
  const lanes = createUrgencyQueue(1);
  const first = await lanes.enter('claim');
  const order: string[] = [];
  const enter = async (urgency: Urgency, name: string) => {
    const leave = await lanes.enter(urgency);
    order.push(name);
    leave();
  };
  const entering = (['poll', 'read', 'claim', 'mark', 'settle', 'settle'] as const).map((urgency, index) =>
    enter(urgency, `${urgency} ${index}`),
  );
  first();
  await Promise.all(entering);
  expect(order).toEqual(['settle 4', 'settle 5', 'mark 3', 'claim 2', 'read 1', 'poll 0']);
});

test('a claim is refused after five seconds without a place, at once behind a queue of 1.5 s, and a settle never', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const lanes = createUrgencyQueue(1);
    await lanes.enter('settle');
    const waiting = lanes.enter('claim').catch((error: unknown) => error);
    const settling = vi.fn();
    void lanes.enter('settle').then(settling, settling);
    await vi.advanceTimersByTimeAsync(1_400);
    const patient = lanes.enter('claim').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(200);
    await expect(lanes.enter('claim')).rejects.toThrow(DatabaseOverloaded);
    await vi.advanceTimersByTimeAsync(3_500);
    expect(await waiting).toBeInstanceOf(DatabaseOverloaded);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await patient).toBeInstanceOf(DatabaseOverloaded);
    expect(settling).not.toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
  }
});
