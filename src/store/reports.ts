/** How much a sweep, a pass of resealing and an erasure did. */

export interface SweepReport {
  /** Claims whose lease was over; nothing was sent. */
  readonly released: number;
  /** Sent redemptions whose lease was over; now INDETERMINATE. */
  readonly abandoned: number;
  /** Rows that had expired: deleted, or their answer cleared. */
  readonly purged: number;
}

/** Every column with sealed values that `reseal` passes over. */
export type SealedColumn =
  | 'identities.subject_sealed'
  | 'redemptions.answer_sealed'
  | 'certifications.certify_id_sealed';
export type RowKey = string | Uint8Array;

/** Where a pass over all sealed values continues: after this row. */
export interface ResealCursor {
  readonly column: SealedColumn;
  readonly after: RowKey;
}

export interface ResealReport {
  readonly resealed: number;
  /** Rows that no configured key opens; they stay as they are. */
  readonly unreadable: number;
  /** Undefined at the end of the pass. */
  readonly next: ResealCursor | undefined;
}

/** How much an erasure deleted; nothing about the payer. */
export interface EraseReport {
  readonly identities: number;
  readonly certifications: number;
  /** Outcomes that showed the payer. Their codes still count as used. */
  readonly outcomes: number;
  /** Those of the outcomes that held an access token. */
  readonly tokens: number;
  /**
   * The commit was not confirmed, and a second run found no payer: the figures are those of the first run, or, if two
   * erasures ran at the same time, of the other one.
   */
  readonly indeterminate?: true;
}
