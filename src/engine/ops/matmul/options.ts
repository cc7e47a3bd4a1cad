export interface MatmulOptions {
  /** a is stored `[K, M]`. */
  readonly transposeA: boolean;
  /** b is stored `[N, K]`: PyTorch's Linear weight. */
  readonly transposeB: boolean;
  /** The operand that descends from the loss: as small as the loss' scale, which half precision must take out before it rounds. */
  readonly gradient?: 'A' | 'B';
  /**
   * That operand is a layer norm's output which is not stored: the input in its place is the norm's input, and moments, gamma and beta
   * follow behind b. WebGPU only, made by `normsInOperands`.
   */
  readonly normed?: 'A' | 'B';
}
