/** Which labels each row carries, as compressed sparse rows: row r has `labelIds[rowOffsets[r] .. rowOffsets[r + 1])`. */
export interface LabelTable {
  readonly rowCount: number;
  readonly labels: readonly string[];
  /** Length `rowCount + 1`. */
  readonly rowOffsets: Uint32Array;
  /** Indices into `labels`; distinct and ascending inside a row. */
  readonly labelIds: Uint32Array;
}
