import { shapeError } from '../../errors.ts';
import type { Tensor } from '../../graph/types.ts';
import { matrix } from '../check.ts';

export interface RmsNormOptions {
  readonly epsilon: number;
  /**
   * Norms heads instead of whole rows (Qwen3's q and k): a row is heads of `size` numbers; the first `parts[0]` are scaled by gamma's row 0, the
   * next `parts[1]` by row 1, ...; what remains is handed on as it is.
   */
  readonly heads?: { readonly size: number; readonly parts: readonly number[] };
}

/** The pieces that a row falls into: `normed` of `count` are normed, each `size` wide. */
export interface Pieces {
  readonly size: number;
  readonly count: number;
  readonly normed: number;
  /** Pieces that share a row of gamma. */
  readonly parts: readonly number[];
}

export function piecesOf(x: Tensor, { heads }: RmsNormOptions): Pieces {
  const [, width] = matrix('rmsNorm', x);
  if (!heads) return { size: width, count: 1, normed: 1, parts: [1] };
  const count = width / heads.size;
  const normed = heads.parts.reduce((sum, part) => sum + part, 0);
  if (!Number.isInteger(count) || normed > count || normed < 1)
    throw shapeError('rmsNorm', `${normed} heads of ${heads.size} do not lie in ${x.name}, ${width} wide`);
  return { size: heads.size, count, normed, parts: heads.parts };
}
