import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { rowLines, toParquet } from './parquetVectors.ts';

const rows = Array.from({ length: 1200 }, (_, id) => ({
  id,
  text: `Write poem ${id}, "né"`,
  category: id % 3 === 0 ? null : 'write|poem',
  label: id % 2 === 0 ? 'a##b' : null,
}));
const values = Float32Array.from({ length: 1200 * 5 }, (_, i) => Math.fround(Math.sin(i)));

describe('vectors as Parquet', () => {
  it('come back with texts, categories and labels, across row groups', async () => {
    const file = toParquet({ count: 1200, width: 5, values }, rows, 'LSA-5');
    const read = await parquetReadObjects({ file });
    expect(read).toHaveLength(1200);
    for (const at of [0, 1, 999, 1000, 1199])
      expect(read[at]).toEqual({ ...rows[at], vector: [...values.subarray(at * 5, at * 5 + 5)] });
  });

  it('refuses texts that are not theirs', () => {
    expect(() => toParquet({ count: 3, width: 1, values: new Float32Array(3) }, rows, 'x')).toThrowError(
      expect.objectContaining({ code: 'embedding-shape' }),
    );
  });

  it('leave their rows as JSON lines', () => {
    expect(rowLines(rows.slice(0, 1))).toBe(
      '{"id":0,"text":"Write poem 0, \\"né\\"","category":null,"label":"a##b"}\n',
    );
  });
});
