import type { Tensor } from '../../graph/types.ts';

export interface CachedAttentionOptions {
  readonly heads: number;
  /** Heads of k and of v: each serves `heads / keyHeads` query heads. */
  readonly keyHeads: number;
  readonly headSize: number;
}

/** The tensors of a node by name. */
export interface CachedTensors {
  readonly qkv: Tensor;
  readonly cache: Tensor;
  readonly slots: Tensor;
  readonly spans: Tensor;
  readonly o: Tensor;
}
