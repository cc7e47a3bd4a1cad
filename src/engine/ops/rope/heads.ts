export interface RopeOptions {
  readonly heads: number;
  /** Heads of k and of v: each serves `heads / keyHeads` query heads. */
  readonly keyHeads: number;
  readonly headSize: number;
  /** Repeat k and v for every query head that they serve: the form that `attention` reads. */
  readonly expand: boolean;
}

/** Heads of a row of the output; `source` of each in a row of the input. */
export function outputHeads({ heads, keyHeads, expand }: RopeOptions): readonly number[] {
  const queries = Array.from({ length: heads }, (_, h) => h);
  const served = Array.from({ length: expand ? heads : keyHeads }, (_, h) =>
    expand ? Math.floor((h * keyHeads) / heads) : h,
  );
  return [...queries, ...served.map((g) => heads + g), ...served.map((g) => heads + keyHeads + g)];
}
