/** Who uses a limited number of places next: the most urgent first, and the last places are kept for the most urgent. */
import { DatabaseOverloaded, type Urgency, urgencies } from './engine.ts';

/** The share of the places that may be in use, by calls of every urgency, for one of this urgency to begin. */
const SHARE: Readonly<Record<Urgency, number>> = { settle: 1, mark: 0.7, claim: 0.6, read: 0.5, poll: 0.4 };
/** The first reader and the first poll have a larger one: claims do not keep results from being read either. */
const SHARE_OF_FIRST_READ = 0.8;
const isRead = (urgency: Urgency) => urgency === 'read' || urgency === 'poll';

/** How long a call waits for its place; what settles waits until it gets one. */
const WAIT_MS = 3_000;
/**
 * A claim that would have to wait for longer than this, as others have waited, is refused at once: it is the beginning
 * of more work. Reads of results that many wait for come all together, and are over soon.
 */
const PATIENCE_MS = 1_500;
/** How much the last admission counts in the pace of a queue. */
const NEWEST = 0.1;

/** Gives the place back. Called once. */
export type Leave = () => void;

export interface Lanes {
  /** Resolves when there is a place. Rejects with DatabaseOverloaded when there is none in time. */
  enter(urgency: Urgency): Promise<Leave>;
}

interface Waiting {
  readonly since: number;
  admit(): void;
}

interface Lane {
  readonly waiting: Waiting[];
  used: number;
  lastAdmittedAt: number;
  /** Milliseconds between two admissions from the queue; undefined as long as there was none. */
  paceMs: number | undefined;
}

/** How long a call that comes now would wait, at least. */
const expectedMs = ({ waiting, paceMs = 0 }: Lane, now: number): number => {
  const [first] = waiting;
  return first ? Math.max((waiting.length + 1) * paceMs, now - first.since) : 0;
};

const measurePace = (lane: Lane, now: number): void => {
  const gapMs = now - lane.lastAdmittedAt;
  lane.paceMs = lane.paceMs === undefined ? gapMs : lane.paceMs * (1 - NEWEST) + gapMs * NEWEST;
  lane.lastAdmittedAt = now;
  if (lane.waiting.length === 0) lane.paceMs = undefined;
};

const refused = () => new DatabaseOverloaded('More urgent calls need the database', { code: 'OVERLOADED' });

export const createLanes = (places: number): Lanes => {
  const newLane = (): Lane => ({ waiting: [], used: 0, lastAdmittedAt: 0, paceMs: undefined });
  const lanes = { settle: newLane(), mark: newLane(), claim: newLane(), read: newLane(), poll: newLane() };
  let used = 0;

  const hasPlace = (urgency: Urgency): boolean => {
    const isFirstRead = isRead(urgency) && lanes[urgency].used === 0;
    const share = isFirstRead ? SHARE_OF_FIRST_READ : SHARE[urgency];
    return used < Math.max(1, Math.floor(places * share));
  };

  const admitNext = (): void => {
    for (const urgency of urgencies) {
      const lane = lanes[urgency];
      while (hasPlace(urgency)) {
        const next = lane.waiting.shift();
        if (!next) break;
        measurePace(lane, performance.now());
        next.admit();
      }
    }
  };

  const take = (urgency: Urgency): Leave => {
    used += 1;
    lanes[urgency].used += 1;
    return () => {
      used -= 1;
      lanes[urgency].used -= 1;
      admitNext();
    };
  };

  const wait = (urgency: Urgency, lane: Lane, since: number): Promise<Leave> =>
    new Promise((resolve, reject) => {
      const waiting = {
        since,
        admit() {
          clearTimeout(timer);
          resolve(take(urgency));
        },
      };
      const giveUp = () => {
        lane.waiting.splice(lane.waiting.indexOf(waiting), 1);
        reject(refused());
      };
      const timer = urgency === 'settle' ? undefined : setTimeout(giveUp, WAIT_MS);
      if (lane.waiting.length === 0) lane.lastAdmittedAt = since;
      lane.waiting.push(waiting);
    });

  return {
    async enter(urgency) {
      const lane = lanes[urgency];
      const now = performance.now();
      if (lane.waiting.length === 0 && hasPlace(urgency)) return take(urgency);
      if (urgency === 'claim' && expectedMs(lane, now) > PATIENCE_MS) throw refused();
      return wait(urgency, lane, now);
    },
  };
};
