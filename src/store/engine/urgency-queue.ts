/** Who uses a limited number of places next: the most urgent first, and the last places are kept for the most urgent. */
import { DatabaseOverloaded, type Urgency, urgencies } from './engine.ts';

/** The share of the places that may be in use, by calls of every urgency, for one of this urgency to begin. */
const SHARE: Readonly<Record<Urgency, number>> = { settle: 1, mark: 0.8, claim: 0.7, read: 0.7, poll: 0.6 };
/** The first reader and the first poll have a larger one: claims do not keep results from being read either. */
const SHARE_OF_FIRST_READ = 0.9;
const isRead = (urgency: Urgency) => urgency === 'read' || urgency === 'poll';

/**
 * How long a call waits for its place; what settles waits until it gets one. Readers whom one result wakes come all
 * together, and their operation has an end of its own.
 */
const WAIT_MS: Readonly<Record<Urgency, number>> = {
  settle: Infinity,
  mark: 3_000,
  claim: 5_000,
  read: 5_000,
  poll: 8_000,
};
/** A claim is the beginning of more work: one that comes to a queue whose first has waited for so long is refused at once. */
const STANDING_MS = 1_500;

/** Gives the place back. Called once. */
export type Release = () => void;

export interface UrgencyQueue {
  /** Resolves when there is a place. Rejects with DatabaseOverloaded when there is none in time. */
  enter(urgency: Urgency): Promise<Release>;
}

interface Waiting {
  readonly since: number;
  admit(): void;
}

interface Line {
  readonly waiting: Waiting[];
  used: number;
}

const refused = () => new DatabaseOverloaded('More urgent calls need the database', { code: 'OVERLOADED' });

export const createUrgencyQueue = (places: number): UrgencyQueue => {
  const newLine = (): Line => ({ waiting: [], used: 0 });
  const lines = { settle: newLine(), mark: newLine(), claim: newLine(), read: newLine(), poll: newLine() };
  let used = 0;

  const hasPlace = (urgency: Urgency): boolean => {
    const isFirstRead = isRead(urgency) && lines[urgency].used === 0;
    const share = isFirstRead ? SHARE_OF_FIRST_READ : SHARE[urgency];
    return used < Math.max(1, Math.floor(places * share));
  };

  const admitNext = (): void => {
    for (const urgency of urgencies) {
      const line = lines[urgency];
      while (hasPlace(urgency)) {
        const next = line.waiting.shift();
        if (!next) break;
        next.admit();
      }
    }
  };

  const take = (urgency: Urgency): Release => {
    used += 1;
    lines[urgency].used += 1;
    return () => {
      used -= 1;
      lines[urgency].used -= 1;
      admitNext();
    };
  };

  const wait = (urgency: Urgency, line: Line, since: number): Promise<Release> =>
    new Promise((resolve, reject) => {
      const waiting = {
        since,
        admit() {
          clearTimeout(timer);
          resolve(take(urgency));
        },
      };
      const giveUp = () => {
        line.waiting.splice(line.waiting.indexOf(waiting), 1);
        reject(refused());
      };
      const timer = urgency === 'settle' ? undefined : setTimeout(giveUp, WAIT_MS[urgency]);
      line.waiting.push(waiting);
    });

  return {
    async enter(urgency) {
      const line = lines[urgency];
      const now = performance.now();
      if (line.waiting.length === 0 && hasPlace(urgency)) return take(urgency);
      if (urgency === 'claim' && now - (line.waiting[0]?.since ?? now) > STANDING_MS) throw refused();
      return wait(urgency, line, now);
    },
  };
};
