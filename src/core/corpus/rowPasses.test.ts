import { describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { random } from '../../base/random.ts';
import { CorpusIndex } from './corpusIndex.ts';
import { IndexBuilder } from './indexBuilder.ts';

/** An index over rows given by the number of their text, with one to three labels and a length each. */
function built(texts: readonly number[], lengths: (row: number) => number = (row) => row % 90): IndexBuilder {
  const builder = new IndexBuilder();
  builder.intern(Array.from({ length: 50 }, (_, id) => `label ${id}`));
  const hash = { low: 0, high: 0, chars: 0 };
  texts.forEach((text, row) => {
    hash.low = Math.imul(text, 0x9e3779b1) >>> 0;
    hash.high = text;
    hash.chars = lengths(row);
    const ids = Uint32Array.from(new Set([row % 50, (row * 7) % 50, text % 50])).sort();
    builder.addRow(0, row, 1, row + 1, hash as Parameters<IndexBuilder['addRow']>[4], ids);
  });
  return builder;
}

/** The same by the shortest way there is. */
function byHand(texts: readonly number[]): { groups: number[][]; merged: [number, number[]][] } {
  const rowsOf = new Map<number, number[]>();
  texts.forEach((text, row) => rowsOf.set(text, [...(rowsOf.get(text) ?? []), row]));
  const groups = [...rowsOf.values()].filter((rows) => rows.length > 1).sort((a, b) => b.length - a.length);
  const merged = [...rowsOf].map(([text, rows]): [number, number[]] => {
    const labels = rows.flatMap((row) => [row % 50, (row * 7) % 50, text % 50]);
    return [rows[0] ?? 0, [...new Set(labels)].sort((a, b) => a - b)];
  });
  return { groups, merged };
}

describe('duplicates', () => {
  it('are grouped and merged as by hand, at any limit', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const stream = random(seed);
      const texts = Array.from({ length: 1 + stream.integer(400) }, () => stream.integer(1 + seed * 30));
      const index = await CorpusIndex.build(built(texts));
      const { groups, merged } = byHand(texts);
      expect(await index.duplicateGroups(1000)).toEqual(groups);
      for (const limit of [0, 1, 3, groups.length])
        expect(await index.duplicateGroups(limit)).toEqual(groups.slice(0, limit));
      const view = await index.view(true);
      const found = Array.from(view.sourceRows ?? [], (row, at) => [
        row,
        [...view.labelIds.subarray(view.rowOffsets[at], view.rowOffsets[at + 1])],
      ]);
      expect(found).toEqual(merged);
      expect(index.duplicateRows).toBe(texts.length - merged.length);
    }
  });

  it('of a million rows report rows, and stop when asked without a trace', async () => {
    const rowCount = 1_000_000;
    const index = await CorpusIndex.build(built(Array.from({ length: rowCount }, (_, row) => row % 600_000)));
    for (const work of [
      (signal: AbortSignal, onProgress: (p: Progress) => void) => index.view(true, { signal, onProgress }),
      (signal: AbortSignal, onProgress: (p: Progress) => void) =>
        index.duplicateGroups(1000, { signal, onProgress }),
    ]) {
      const seen: Progress[] = [];
      const stop = new AbortController();
      const stopped = work(stop.signal, (progress) => {
        seen.push(progress);
        stop.abort();
      });
      await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
      expect(seen[0]).toMatchObject({ total: rowCount, unit: 'rows' });
      expect(seen[0]?.done).toBeLessThan(rowCount);
    }
    const { rowCount: merged, sourceRows } = await index.view(true);
    expect([merged, sourceRows?.length]).toEqual([600_000, 600_000]);
    expect((await index.duplicateGroups(5)).map((rows) => rows)).toEqual(
      Array.from({ length: 5 }, (_, row) => [row, row + 600_000]),
    );
  });
});

describe('text lengths', () => {
  it('are those of the sorted list, beyond what is counted one by one too', async () => {
    for (const scale of [1, 40, 7000]) {
      const stream = random(scale);
      const lengths = Array.from({ length: 517 }, () => 1 + stream.integer(90) * scale);
      const index = await CorpusIndex.build(built(lengths, (row) => lengths[row] ?? 0));
      const sorted = [...lengths].sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.floor(share * sorted.length)];
      expect((await index.view(false)).textLengths).toEqual({
        min: sorted[0],
        median: at(0.5),
        p95: at(0.95),
        max: sorted.at(-1),
      });
    }
  });

  it('of no rows are zero', async () => {
    const index = await CorpusIndex.build(new IndexBuilder());
    expect((await index.view(false)).textLengths).toEqual({ min: 0, median: 0, p95: 0, max: 0 });
  });
});

describe('records', () => {
  it('know their first row, also where two files lie at the same byte', async () => {
    const builder = new IndexBuilder();
    const none = new Uint32Array();
    const records: [file: number, byte: number, parts: number][] = [
      [0, 0, 1],
      [0, 10, 3],
      [0, 50, 1],
      [1, 50, 2],
    ];
    let row = 0;
    for (const [file, byte, parts] of records)
      for (let part = 0; part < parts; part++)
        builder.addRow(file, byte, 5, ++row, { low: row, high: 0, chars: 4 } as never, none, part);
    const index = await CorpusIndex.build(builder);
    expect([0, 1, 2, 3, 4, 5, 6].map((at) => index.firstRowOfRecord(at))).toEqual([0, 1, 1, 1, 4, 5, 5]);
  });
});

describe('articles', () => {
  const row = (builder: IndexBuilder, at: number, part: number, article: number) =>
    builder.addRow(
      0,
      at,
      5,
      at,
      { low: at, high: part, chars: 4 } as never,
      new Uint32Array(),
      part,
      article,
    );

  it('are told by their column; a row without a value stands for itself', async () => {
    const builder = new IndexBuilder();
    [7, 7, 0, 9, 0, 7].forEach((article, at) => row(builder, at, 0, article));
    const index = await CorpusIndex.build(builder);
    expect(index.articleCount).toBe(4);
    const groups = index.articleGroups(Uint32Array.of(0, 1, 2, 3, 4, 5));
    expect([groups[0] === groups[1], groups[0] === groups[5], new Set(groups).size]).toEqual([true, true, 4]);
  });

  it('are records where these have parts, and nothing else tells', async () => {
    const builder = new IndexBuilder();
    for (const [at, part] of [
      [0, 0],
      [0, 1],
      [9, 0],
    ] as const)
      row(builder, at, part, 0);
    const index = await CorpusIndex.build(builder);
    expect(index.articleCount).toBe(2);
    expect([...index.articleGroups(Uint32Array.of(2, 1, 0))]).toEqual([2, 0, 0]);
  });

  it('are unknown of plain rows: then copies of a text belong together', async () => {
    const index = await CorpusIndex.build(built([5, 6, 5]));
    expect(index.articleCount).toBe(null);
    expect([...index.articleGroups(Uint32Array.of(0, 1, 2))]).toEqual([0, 1, 0]);
  });
});
