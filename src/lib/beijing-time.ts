const OFFSET_MS = 8 * 60 * 60 * 1_000;

/** An instant as the upstreams write it: yyyy-MM-dd HH:mm:ss in UTC+8, whatever zone this machine is in. */
export const beijingTime = (epochMs: number): string =>
  new Date(epochMs + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');

/** Whether a text names an instant that way. */
export const isBeijingTime = (text: string): boolean => {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return false;
  const epochMs = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  return !Number.isNaN(epochMs) && beijingTime(epochMs) === text;
};
