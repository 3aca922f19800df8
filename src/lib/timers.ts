/** The longest time that Node's timers wait: a longer one ends at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
