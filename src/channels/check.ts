/** What was found out about a part of a source, as `payer-identity doctor` prints it. */
export interface Check {
  /** What was looked at. */
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly found: string;
}

export const check = (name: string, state: Check['state'], found: string): Check => ({ check: name, state, found });

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'an unexpected error');
