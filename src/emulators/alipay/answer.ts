/** What a method of the gateway answers, before it is signed and delivered. */
import type { Fields } from '../emulator.ts';
import type { TestCodeKind } from '../test-codes.ts';

export interface Answer {
  readonly node: Fields;
  /** The fault that the answer is delivered with. */
  readonly kind?: TestCodeKind;
  /** The members that a forger would change. */
  readonly forged?: Fields;
  readonly isError?: boolean;
  readonly delayMs?: number;
}

export const textOf = (fields: Fields, name: string): string => {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
};
