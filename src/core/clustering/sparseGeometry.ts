import { takeSparseRows, type SparseMatrix } from '../baseline/sparse.ts';
import { badShape } from './errors.ts';
import type { Geometry } from './points.ts';

/** Compressed sparse rows as points: products cost what is stored, not the vocabulary. */
export function sparseGeometry(points: SparseMatrix): Geometry {
  const { rowCount: count, columnCount: width, offsets, columns, values } = points;
  if (count < 1 || width < 1 || offsets.length !== count + 1) throw badShape(values.length, count, width);
  const squaredNorms = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let i = offsets[row] as number; i < (offsets[row + 1] as number); i++)
      sum += (values[i] as number) ** 2;
    squaredNorms[row] = sum;
  }
  const addRow: Geometry['addRow'] = (row, factor, out, offset) => {
    for (let i = offsets[row] as number; i < (offsets[row + 1] as number); i++) {
      const at = offset + (columns[i] as number);
      out[at] = (out[at] as number) + factor * (values[i] as number);
    }
  };
  return {
    count,
    width,
    isDense: false,
    squaredNorms,
    against(vectors, m) {
      // `[width, m]`: the m products of one stored value lie side by side.
      const transposed = new Float64Array(width * m);
      for (let v = 0; v < m; v++)
        for (let i = 0; i < width; i++) transposed[i * m + v] = vectors[v * width + i] as number;
      return (from, to, out) => {
        out.fill(0, 0, (to - from) * m);
        for (let row = from; row < to; row++) {
          const o = (row - from) * m;
          for (let i = offsets[row] as number; i < (offsets[row + 1] as number); i++) {
            const value = values[i] as number;
            const t = (columns[i] as number) * m;
            for (let v = 0; v < m; v++)
              out[o + v] = (out[o + v] as number) + value * (transposed[t + v] as number);
          }
        }
      };
    },
    dot(row, vectors, index) {
      let sum = 0;
      const base = index * width;
      for (let i = offsets[row] as number; i < (offsets[row + 1] as number); i++)
        sum += (values[i] as number) * (vectors[base + (columns[i] as number)] as number);
      return sum;
    },
    gather: (rows) => sparseGeometry(takeSparseRows(points, rows)),
    copyRow(row, out, offset) {
      out.fill(0, offset, offset + width);
      addRow(row, 1, out, offset);
    },
    addRow,
    products: () => null,
  };
}
