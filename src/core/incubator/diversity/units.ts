import type { SparseMatrix } from '../../baseline/sparse.ts';
import type { DensePoints, Points } from '../../clustering/points.ts';
import type { GeneratedSet } from '../types.ts';

/**
 * How an object becomes what is compared. The paper does not say. `joined`: all its texts as one text; `perClass`: a vector of each class
 * side by side, so that a distance is the sum over classes; `both`: these and the joined one.
 */
export type DiversityUnit = 'joined' | 'perClass' | 'both';

/** Vectors that an object has. */
export function vectorsPerObject(labels: number, unit: DiversityUnit): number {
  return unit === 'joined' ? 1 : unit === 'perClass' ? labels : labels + 1;
}

/** Texts to embed, object by object: those of its classes in the order of the labels, then the joined one, as far as the unit has them. */
export function unitTexts({ samples }: GeneratedSet, unit: DiversityUnit): string[] {
  return samples.flatMap((texts) => [
    ...(unit === 'joined' ? [] : texts),
    ...(unit === 'perClass' ? [] : [texts.join('\n')]),
  ]);
}

/** Vectors of unit texts `[objects · each, width]` as one long vector an object, `[objects, each · width]`. */
export function objectPoints(vectors: Points, each: number): Points {
  if (each === 1) return vectors;
  return 'rowCount' in vectors ? sparseObjects(vectors, each) : denseObjects(vectors, each);
}

function denseObjects({ count, width, values }: DensePoints, each: number): DensePoints {
  return { count: count / each, width: width * each, values };
}

function sparseObjects(x: SparseMatrix, each: number): SparseMatrix {
  const rowCount = x.rowCount / each;
  const columns = new Uint32Array(x.columns.length);
  for (let row = 0; row < x.rowCount; row++) {
    const shift = (row % each) * x.columnCount;
    for (let i = x.offsets[row] as number; i < (x.offsets[row + 1] as number); i++)
      columns[i] = (x.columns[i] as number) + shift;
  }
  const offsets = Uint32Array.from({ length: rowCount + 1 }, (_, row) => x.offsets[row * each] as number);
  return { rowCount, columnCount: x.columnCount * each, offsets, columns, values: x.values };
}
