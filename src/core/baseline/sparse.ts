/** Compressed sparse rows: row r has `values[offsets[r] .. offsets[r + 1])` in `columns` (ascending inside a row). */
export interface SparseMatrix {
  readonly rowCount: number;
  readonly columnCount: number;
  /** `[rowCount + 1]` */
  readonly offsets: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** out = X v; `v` is `[columnCount]`, `out` is `[rowCount]`. */
export function multiply(x: SparseMatrix, v: Float64Array, out: Float64Array): void {
  const { rowCount, offsets, columns, values } = x;
  for (let row = 0, i = 0; row < rowCount; row++) {
    const end = offsets[row + 1] as number;
    let sum = 0;
    for (; i < end; i++) sum += (values[i] as number) * (v[columns[i] as number] as number);
    out[row] = sum;
  }
}

/** out += Xᵀ u; `u` is `[rowCount]`, `out` is `[columnCount]`. */
export function addTransposed(x: SparseMatrix, u: Float64Array, out: Float64Array): void {
  const { rowCount, offsets, columns, values } = x;
  for (let row = 0, i = 0; row < rowCount; row++) {
    const end = offsets[row + 1] as number;
    const factor = u[row] as number;
    if (factor === 0) {
      i = end;
      continue;
    }
    for (; i < end; i++) {
      const column = columns[i] as number;
      out[column] = (out[column] as number) + factor * (values[i] as number);
    }
  }
}

/** out += (X∘X)ᵀ u: the diagonal of Xᵀ diag(u) X. */
export function addSquaresTransposed(x: SparseMatrix, u: Float64Array, out: Float64Array): void {
  const { rowCount, offsets, columns, values } = x;
  for (let row = 0, i = 0; row < rowCount; row++) {
    const end = offsets[row + 1] as number;
    const factor = u[row] as number;
    for (; i < end; i++) {
      const column = columns[i] as number;
      const value = values[i] as number;
      out[column] = (out[column] as number) + factor * value * value;
    }
  }
}

/** Xᵀ, rows ascending inside a column. */
export function transposeSparse(x: SparseMatrix): SparseMatrix {
  const { rowCount, columnCount, columns, values } = x;
  const offsets = new Uint32Array(columnCount + 1);
  for (const column of columns) offsets[column + 1] = (offsets[column + 1] as number) + 1;
  for (let column = 0; column < columnCount; column++)
    offsets[column + 1] = (offsets[column + 1] as number) + (offsets[column] as number);
  const next = offsets.slice();
  const out = { columns: new Uint32Array(columns.length), values: new Float32Array(values.length) };
  for (let row = 0; row < rowCount; row++)
    for (let i = x.offsets[row] as number; i < (x.offsets[row + 1] as number); i++) {
      const column = columns[i] as number;
      const at = next[column] as number;
      next[column] = at + 1;
      out.columns[at] = row;
      out.values[at] = values[i] as number;
    }
  return { rowCount: columnCount, columnCount: rowCount, offsets, ...out };
}

/** Stacks matrices of equal column count. */
export function stackRows(parts: readonly SparseMatrix[], columnCount: number): SparseMatrix {
  const rowCount = parts.reduce((sum, part) => sum + part.rowCount, 0);
  const cells = parts.reduce((sum, part) => sum + part.values.length, 0);
  const offsets = new Uint32Array(rowCount + 1);
  const columns = new Uint32Array(cells);
  const values = new Float32Array(cells);
  let row = 0;
  let end = 0;
  for (const part of parts) {
    for (let r = 1; r <= part.rowCount; r++) offsets[row + r] = end + (part.offsets[r] as number);
    columns.set(part.columns, end);
    values.set(part.values, end);
    row += part.rowCount;
    end += part.values.length;
  }
  return { rowCount, columnCount, offsets, columns, values };
}

/** Chosen rows of a sparse matrix, in their order. */
export function takeSparseRows(points: SparseMatrix, rows: ArrayLike<number>): SparseMatrix {
  const offsets = new Uint32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    offsets[i + 1] =
      (offsets[i] as number) + (points.offsets[row + 1] as number) - (points.offsets[row] as number);
  }
  const size = offsets[rows.length] as number;
  const columns = new Uint32Array(size);
  const values = new Float32Array(size);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const [from, to] = [points.offsets[row] as number, points.offsets[row + 1] as number];
    columns.set(points.columns.subarray(from, to), offsets[i] as number);
    values.set(points.values.subarray(from, to), offsets[i] as number);
  }
  return { rowCount: rows.length, columnCount: points.columnCount, offsets, columns, values };
}
