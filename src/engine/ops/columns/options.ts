/** Columns `[start, start + length)` of a matrix. */
export interface Columns {
  readonly start: number;
  readonly length: number;
}
