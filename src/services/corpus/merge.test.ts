import { beforeAll, describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { csvMapping } from '../../core/corpus/testing.ts';
import { Corpus } from './service.ts';

// The service itself, in this thread: what its calls do while one of them is under way. Rows enough for several steps.

const rowCount = 120_000;
const distinct = 70_000;
const text = `text,labels\n${Array.from({ length: rowCount }, (_, row) => `step ${row % distinct},l${row % 90}\n`).join('')}`;
const nobody = new AbortController().signal;
const ignore = () => undefined;

describe('merging duplicates', () => {
  const corpus = new Corpus();
  beforeAll(async () => {
    await corpus.open([new File([text], 'a.csv')], [csvMapping], ignore, nobody);
  });

  it('leaves the rows as they were when it is stopped, and can be asked again', async () => {
    const stop = new AbortController();
    const stopped = corpus.setMerged(true, ignore, stop.signal);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect((await corpus.labelTable()).rowCount).toBe(rowCount);

    const seen: Progress[] = [];
    const merged = await corpus.setMerged(true, (progress) => seen.push(progress), nobody);
    expect(merged).toMatchObject({ rowCount: distinct, merged: true, duplicateRows: rowCount - distinct });
    expect(seen.map(({ phase }) => phase)).toContain('Merging duplicates');
    const table = await corpus.labelTable();
    expect([...table.labelIds.subarray(0, table.rowOffsets[1])].map((id) => table.labels[id])).toEqual([
      'l0',
      // Row 70,000 holds the same text.
      `l${distinct % 90}`,
    ]);
    expect(await corpus.setMerged(false, ignore, nobody)).toMatchObject({ rowCount, merged: false });
  });

  it('does what was asked last, however long the earlier call takes', async () => {
    const other = new Corpus();
    await other.open([new File([text], 'a.csv')], [csvMapping], ignore, nobody);
    const outcomes = await Promise.allSettled([
      other.setMerged(true, ignore, nobody),
      other.setMerged(false, ignore, nobody),
    ]);
    expect(outcomes).toMatchObject([
      { status: 'rejected', reason: { code: 'aborted' } },
      { status: 'fulfilled', value: { merged: false } },
    ]);
    expect((await other.labelTable()).rowCount).toBe(rowCount);
  });

  it('answers other questions while duplicates are collected, and stops collecting when asked', async () => {
    const stop = new AbortController();
    const collecting = corpus.duplicates(10, ignore, stop.signal);
    expect(await corpus.texts(Uint32Array.of(distinct - 1))).toEqual([`step ${distinct - 1}`]);
    const groups = await collecting;
    expect(groups).toHaveLength(10);
    expect(groups[0]).toEqual({ rows: [0, distinct], text: 'step 0' });
    const stopped = corpus.duplicates(10, ignore, stop.signal);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  });
});
