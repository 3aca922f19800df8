/** Gives out a limited number of places by urgency, and reserves the last ones for the most urgent calls. */
import { DatabaseOverloaded, type Urgency, urgencies } from './engine.ts';

/** A call of this urgency begins only while a smaller share of all places is in use. */
const SHARE: Readonly<Record<Urgency, number>> = { settle: 1, mark: 0.8, claim: 0.7, read: 0.7, poll: 0.6 };
/** The first read and the first poll have a larger share, so that claims cannot block all reading of results. */
const SHARE_OF_FIRST_READ = 0.9;
const isRead = (urgency: Urgency) => urgency === 'read' || urgency === 'poll';

/**
 * How long a call waits for a place; one that settles waits without a limit. One result wakes many polls at once, and
 * their operations have deadlines of their own: so they may wait longest.
 */
const WAIT_MS: Readonly<Record<Urgency, number>> = {
  settle: Infinity,
  mark: 3_000,
  claim: 5_000,
  read: 5_000,
  poll: 8_000,
};
/** A claim leads to more work: it is refused at once when the first claim in the queue has waited for this long. */
const STANDING_MS = 1_500;

/** Returns the place. Called once. */
export type Release = () => void;

export interface UrgencyQueue {
  /** Resolves when there is a place. Rejects with DatabaseOverloaded when no place becomes free in time. */
  enter(urgency: Urgency): Promise<Release>;
}

interface Waiting {
  readonly since: number;
  admit(): void;
}

interface Level {
  readonly waiting: Waiting[];
  used: number;
}

const refused = () => new DatabaseOverloaded('More urgent calls need the database', { code: 'OVERLOADED' });

export const createUrgencyQueue = (places: number): UrgencyQueue => {
  const newLevel = (): Level => ({ waiting: [], used: 0 });
  const levels = { settle: newLevel(), mark: newLevel(), claim: newLevel(), read: newLevel(), poll: newLevel() };
  let used = 0;

  const hasPlace = (urgency: Urgency): boolean => {
    const isFirstRead = isRead(urgency) && levels[urgency].used === 0;
    const share = isFirstRead ? SHARE_OF_FIRST_READ : SHARE[urgency];
    return used < Math.max(1, Math.floor(places * share));
  };

  const admitNext = (): void => {
    for (const urgency of urgencies) {
      const level = levels[urgency];
      while (hasPlace(urgency)) {
        const next = level.waiting.shift();
        if (!next) break;
        next.admit();
      }
    }
  };

  const take = (urgency: Urgency): Release => {
    used += 1;
    levels[urgency].used += 1;
    return () => {
      used -= 1;
      levels[urgency].used -= 1;
      admitNext();
    };
  };

  const wait = (urgency: Urgency, level: Level, since: number): Promise<Release> =>
    new Promise((resolve, reject) => {
      const waiting = {
        since,
        admit() {
          clearTimeout(timer);
          resolve(take(urgency));
        },
      };
      const giveUp = () => {
        level.waiting.splice(level.waiting.indexOf(waiting), 1);
        reject(refused());
      };
      const timer = urgency === 'settle' ? undefined : setTimeout(giveUp, WAIT_MS[urgency]);
      level.waiting.push(waiting);
    });

  return {
    async enter(urgency) {
      const level = levels[urgency];
      const now = performance.now();
      if (level.waiting.length === 0 && hasPlace(urgency)) return take(urgency);
      if (urgency === 'claim' && now - (level.waiting[0]?.since ?? now) > STANDING_MS) throw refused();
      return wait(urgency, level, now);
    },
  };
};
