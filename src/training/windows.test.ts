import { describe, expect, it } from 'vitest';
import {
  noSpecials,
  poolWindows,
  trainedWindow,
  windowAt,
  windowCount,
  windowsOf,
  windowTable,
} from './windows.ts';

const bert = { before: 1, after: 1 };
const row = Int32Array.of(101, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 102);
const windows = { size: 6, stride: 3, pooling: 'mean' } as const;

describe('windows over long texts', () => {
  it('cover every token, keep the special ones, and are all full', () => {
    expect(windowCount(row.length, windows, bert)).toBe(3);
    const all = [0, 1, 2].map((index) => windowAt(row, index, windows, bert).join(' '));
    expect(all).toEqual([
      '101 1 2 3 4 102',
      '101 4 5 6 7 102',
      // The last one is drawn back to end with the text.
      '101 7 8 9 10 102',
    ]);
    const odd = { ...windows, stride: 5 };
    expect([...windowAt(row, windowCount(row.length, odd, bert) - 1, odd, bert)]).toEqual([
      101, 7, 8, 9, 10, 102,
    ]);
    // XLNet: <sep> <cls> at the end.
    const xlnet = { before: 0, after: 2 };
    expect([...windowAt(row, 1, windows, xlnet)]).toEqual([3, 4, 5, 6, 10, 102]);
    for (let length = 3; length < 60; length++)
      for (const specials of [bert, xlnet]) {
        const text = Int32Array.from({ length }, (_, i) => i);
        const count = windowCount(length, windows, specials);
        const seen = new Set<number>();
        for (let index = 0; index < count; index++)
          for (const id of windowAt(text, index, windows, specials)) seen.add(id);
        expect(seen.size, `${length}`).toBe(length);
      }
  });

  it('train on one window a row and epoch, in time on all of them', () => {
    const tokens = { rowIds: Uint32Array.of(0), ids: row, offsets: Uint32Array.of(0, row.length) };
    const at = (epoch: number) => trainedWindow(tokens, 0, windows, bert, 7, epoch);
    expect(at(3)).toEqual(at(3));
    const seen = new Set(Array.from({ length: 40 }, (_, epoch) => String(at(epoch))));
    expect(seen.size).toBe(3);
  });

  it('pool by mean or by maximum', () => {
    const rows = {
      rowIds: Uint32Array.of(0, 1),
      ids: Int32Array.from([...row, 1, 2]),
      offsets: Uint32Array.of(0, 12, 14),
    };
    const table = windowTable(rows, Uint32Array.of(1, 0), windows, bert);
    expect([...table.owners]).toEqual([0, 1, 1, 1]);
    expect([...table.offsets]).toEqual([0, 2, 8, 14, 20]);
    expect([...table.sequence(0)]).toEqual([1, 2]);
    const values = [[9, 9], [1, -4], [2, 6], [6, 1]]; // prettier-ignore
    const pooled = (pooling: 'mean' | 'max') => {
      const pool = poolWindows(2, 2, pooling, table.owners);
      const complete = values.map((value, i) =>
        pool.add(table.owners[i] as number, Float32Array.from(value)),
      );
      expect(complete).toEqual([true, false, false, true]);
      return Array.from(pool.logits, (logit) => Number(logit.toFixed(4)));
    };
    expect(pooled('mean')).toEqual([9, 9, 3, 1]);
    expect(pooled('max')).toEqual([9, 9, 6, 6]);
  });

  it('come from the settings', () => {
    expect(windowsOf({ longTexts: 'truncate' })).toBeNull();
    expect(windowsOf({ longTexts: 'windows', segmentLength: 64 })).toEqual({
      size: 64,
      stride: 32,
      pooling: 'mean',
    });
    expect(windowCount(10, { size: 4, stride: 2, pooling: 'max' }, noSpecials)).toBe(4);
  });
});
