/** A WGSL function that an expression calls, emitted once a kernel. `V` is f32 or vec4f there. */
export interface Helper {
  readonly name: string;
  readonly code: (vector: boolean) => string;
}

/**
 * What an op does to one element, as data: its own kernel, the chains that run several ops in one pass over memory and the ends of
 * matrix products and norms are all written from it, so that the maths of an op exists once.
 */
export interface Pointwise {
  readonly label: string;
  /** How each input is read: at the element itself, or, for a vector `[n]` beside a matrix `[m, n]`, at its column. */
  readonly reads: readonly ('element' | 'column')[];
  /**
   * WGSL of the result, of type `V`: from one value an input, the flat number `index` of the element (the first of four where `V` is
   * vec4f) and the names of `constants`.
   */
  readonly expression: (values: readonly string[], index: string, constants: readonly string[]) => string;
  readonly helpers?: readonly Helper[];
  /** u32 numbers that differ between otherwise equal ops (dropout sites): kept out of the shader, so that layers share pipelines. */
  readonly constants?: readonly number[];
}
