import { strFromU8, unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { toSparseNpz } from './npz.ts';

describe('sparse vectors for SciPy', () => {
  it('are a zip of five arrays with NumPy’s headers', () => {
    const files = unzipSync(
      toSparseNpz({
        rowCount: 3,
        columnCount: 4,
        offsets: Uint32Array.of(0, 2, 2, 3),
        columns: Uint32Array.of(0, 3, 1),
        values: Float32Array.of(0.5, 2, -1),
      }),
    );
    expect(Object.keys(files).sort()).toEqual([
      'data.npy',
      'format.npy',
      'indices.npy',
      'indptr.npy',
      'shape.npy',
    ]);
    const array = (name: string) => {
      const bytes = files[name] ?? new Uint8Array();
      expect((10 + (bytes[8] ?? 0) + 256 * (bytes[9] ?? 0)) % 64).toBe(0);
      const start = 10 + (bytes[8] ?? 0) + 256 * (bytes[9] ?? 0);
      return { header: strFromU8(bytes.slice(10, start), true).trim(), data: bytes.slice(start) };
    };
    expect(array('format.npy').header).toBe("{'descr': '|S3', 'fortran_order': False, 'shape': (), }");
    expect(strFromU8(array('format.npy').data)).toBe('csr');
    expect([...new Int32Array(array('indptr.npy').data.buffer)]).toEqual([0, 2, 2, 3]);
    expect([...new BigInt64Array(array('shape.npy').data.buffer)]).toEqual([3n, 4n]);
    expect(array('data.npy').header).toContain("'shape': (3,)");
    expect([...new Float32Array(array('data.npy').data.buffer)]).toEqual([0.5, 2, -1]);
  });
});
