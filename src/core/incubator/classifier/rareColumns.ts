import type { SparseMatrix } from '../../baseline/sparse.ts';

/** A matrix with fewer columns that an L2-penalised linear model learns the same from. */
export interface FoldedColumns {
  readonly matrix: SparseMatrix;
  /** `[columns]` of the original matrix: the column that holds it now. */
  readonly columnOf: Uint32Array;
  /** `[columns]` of the original matrix: its weight is that of `columnOf` times this. */
  readonly scales: Float64Array;
}

/**
 * Folds the columns that occur in one row only into one column a row, which holds their length. Exact: such columns enter one margin, so
 * under ‖w‖² their best weights are along their values, and only one number is left to find. In short texts two thirds of the words and
 * pairs of words are such columns. Columns of no row keep a weight of 0.
 */
export function foldRareColumns(x: SparseMatrix): FoldedColumns {
  const { rowCount, columnCount, offsets, columns, values } = x;
  const rowsOf = new Uint32Array(columnCount);
  for (const column of columns) rowsOf[column] = (rowsOf[column] as number) + 1;
  const columnOf = new Uint32Array(columnCount);
  const scales = new Float64Array(columnCount);
  let count = 0;
  for (let column = 0; column < columnCount; column++)
    if ((rowsOf[column] as number) > 1) {
      columnOf[column] = count++;
      scales[column] = 1;
    }
  const newOffsets = new Uint32Array(rowCount + 1);
  const newColumns = new Uint32Array(columns.length);
  const newValues = new Float32Array(columns.length);
  let end = 0;
  for (let row = 0; row < rowCount; row++) {
    const [from, to] = [offsets[row] as number, offsets[row + 1] as number];
    let squares = 0;
    for (let i = from; i < to; i++) {
      const column = columns[i] as number;
      const value = values[i] as number;
      if (rowsOf[column] === 1) squares += value * value;
      else {
        newColumns[end] = columnOf[column] as number;
        newValues[end++] = value;
      }
    }
    if (squares > 0) {
      const length = Math.sqrt(squares);
      for (let i = from; i < to; i++) {
        const column = columns[i] as number;
        if (rowsOf[column] !== 1) continue;
        columnOf[column] = count;
        scales[column] = (values[i] as number) / length;
      }
      newColumns[end] = count++;
      newValues[end++] = length;
    }
    newOffsets[row + 1] = end;
  }
  const matrix = {
    rowCount,
    columnCount: count,
    offsets: newOffsets,
    columns: newColumns.slice(0, end),
    values: newValues.slice(0, end),
  };
  return { matrix, columnOf, scales };
}

/** Weights `[classes, columns]` of the original matrix from those of the folded one. */
export function unfoldWeights(
  { matrix, columnOf, scales }: FoldedColumns,
  folded: Float32Array,
  classes: number,
): Float32Array {
  const columns = columnOf.length;
  const out = new Float32Array(classes * columns);
  for (let k = 0; k < classes; k++)
    for (let column = 0; column < columns; column++) {
      const scale = scales[column] as number;
      if (scale !== 0)
        out[k * columns + column] =
          scale * (folded[k * matrix.columnCount + (columnOf[column] as number)] as number);
    }
  return out;
}
