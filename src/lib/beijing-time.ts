const OFFSET_MS = 8 * 60 * 60 * 1_000;

/** An instant as the upstreams write it: yyyy-MM-dd HH:mm:ss in UTC+8, in any time zone of this machine. */
export const beijingTime = (epochMs: number): string =>
  new Date(epochMs + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');

/** The reverse, in milliseconds since 1970; undefined for a text of another form. */
export const parseBeijingTime = (text: string): number | undefined => {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const epochMs = Date.parse(`${text.replace(' ', 'T')}+08:00`);
  // Some engines take February 30 for March 1, and 24:00 for midnight.
  return !Number.isNaN(epochMs) && beijingTime(epochMs) === text ? epochMs : undefined;
};
