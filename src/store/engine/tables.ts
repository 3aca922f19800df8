/** Whole tables, as a copy from one engine to another sees them. */
import type { SqlValue } from './engine.ts';

/** The values of a row, in the order of its table's columns. */
export type TableRow = readonly SqlValue[];

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
}
