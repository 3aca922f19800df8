/** What sweeping, resealing and erasing look at, and how much they did. */

export interface SweepReport {
  /** Claims given up: nothing had been sent. */
  readonly released: number;
  /** Sent redemptions whose owner is gone; now INDETERMINATE. */
  readonly abandoned: number;
  /** Rows deleted or scrubbed because their time was over. */
  readonly purged: number;
}

/** Every place where something sealed lies, and what tells its rows apart. */
export type SealedColumn =
  | 'identities.subject_sealed'
  | 'redemptions.answer_sealed'
  | 'certifications.certify_id_sealed';
export type RowKey = string | Uint8Array;

/** Where a pass over everything sealed has come to: behind this row. */
export interface ResealCursor {
  readonly column: SealedColumn;
  readonly after: RowKey;
}

export interface ResealReport {
  readonly resealed: number;
  /** Rows that no key of ours opens; they stay as they are. */
  readonly unreadable: number;
  /** Undefined at the end of the pass. */
  readonly next: ResealCursor | undefined;
}

/** How much an erasure deleted; nothing of whom. */
export interface EraseReport {
  readonly identities: number;
  readonly certifications: number;
  /** Outcomes that showed the payer; of their codes only the fact that they were used is left. */
  readonly outcomes: number;
  /** Those of the outcomes that held a token. */
  readonly tokens: number;
  /**
   * The answer to the deletion was lost, and a second look found no payer: the figures are those of the deletion. Only
   * when another one ran at the same time may they be its figures too.
   */
  readonly inDoubt?: true;
}
