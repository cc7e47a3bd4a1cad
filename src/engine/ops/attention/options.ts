export interface AttentionOptions {
  readonly heads: number;
  readonly headSize: number;
  /** Query i sees keys j <= i only. */
  readonly causal: boolean;
  /** Dropout on the attention probabilities; 0: none. */
  readonly rate: number;
  readonly salt: number;
  /** null: the absolute form (BERT and its kin); else XLNet's. */
  readonly relative: RelativeForm | null;
}

export interface RelativeForm {
  /** Whether the segment term takes part (XLNet leaves it out where it is given no token types). */
  readonly segments: boolean;
  /** Blocks say of each sequence whether its distances count backwards (`bi_data`). */
  readonly reversible?: boolean;
  /** Query i sees no key farther back than a memory would reach: without one, itself alone (`same_length`, with `causal`). */
  readonly sameLength?: boolean;
  /** Each sequence begins with rows of memory, which are keys and no queries. */
  readonly memory?: boolean;
}
