export interface DropoutOptions {
  /** Share of elements set to zero, in (0, 1). */
  readonly rate: number;
  /** Names the site: two sites of one graph must differ. */
  readonly salt: number;
}
