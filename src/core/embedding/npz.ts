import { zipSync } from 'fflate';
import type { SparseMatrix } from '../baseline/sparse.ts';
import { npyBytes } from './npy.ts';

/** Sparse vectors as `scipy.sparse.save_npz` writes them, compressed rows: `scipy.sparse.load_npz` reads the file. */
export function toSparseNpz({
  rowCount,
  columnCount,
  offsets,
  columns,
  values,
}: SparseMatrix): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode('csr');
  const files = {
    'indices.npy': npyBytes('<i4', [columns.length], Int32Array.from(columns)),
    'indptr.npy': npyBytes('<i4', [offsets.length], Int32Array.from(offsets)),
    'format.npy': npyBytes('|S3', [], text),
    'shape.npy': npyBytes('<i8', [2], BigInt64Array.of(BigInt(rowCount), BigInt(columnCount))),
    'data.npy': npyBytes('<f4', [values.length], Float32Array.from(values)),
  };
  return new Uint8Array(zipSync(files, { level: 6 }));
}
