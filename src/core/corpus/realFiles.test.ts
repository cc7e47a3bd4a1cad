import { existsSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { gunzip } from './gunzip.ts';
import { sniffBytes, sniffHead } from './sniff.ts';
import { indexBytes, randomPieces, whole } from './testing.ts';

// Third-party files beside the repository, read where they are present and never copied into it.
const data = new URL('../../../../shared/data/', import.meta.url);
const isPresent = existsSync(data);
const load = (path: string) => new Uint8Array(readFileSync(new URL(path, data)));
const sniffed = (path: string, bytes = load(path)) =>
  sniffHead({
    name: path,
    byteLength: bytes.length,
    bytes: bytes.subarray(0, sniffBytes),
    isWhole: bytes.length <= sniffBytes,
    gzip: false,
  });

interface Expected {
  readonly path: string;
  readonly recognised: boolean;
  readonly format: string;
  readonly text: readonly string[];
  readonly labels: readonly string[];
  readonly rows: number;
  readonly bad?: number;
  readonly hasHeader?: boolean;
}

const files: readonly Expected[] = [
  {
    path: 'wikihow_multilabel/steps.jsonl',
    recognised: true,
    format: 'jsonl',
    text: ['text'],
    labels: ['labels'],
    rows: 15_800,
  },
  {
    path: 'wikihow_multilabel/titles.jsonl',
    recognised: true,
    format: 'jsonl',
    text: ['text'],
    labels: ['labels'],
    rows: 12_622,
  },
  {
    path: 'wikihow_lists/wikihow.csv',
    recognised: false,
    format: 'csv',
    text: ['result'],
    labels: [],
    rows: 11_461,
  },
  {
    path: 'wikihow_paragraphs/wikihow.csv',
    recognised: false,
    format: 'csv',
    text: ['paragraph'],
    labels: [],
    rows: 3514,
  },
  {
    path: 'youwikihow/articles.jsonl',
    recognised: false,
    format: 'jsonl',
    text: ['sentences'],
    labels: [],
    rows: 1383,
  },
  {
    path: 'banking77/train.csv',
    recognised: true,
    format: 'csv',
    text: ['text'],
    labels: ['category'],
    rows: 10_003,
  },
  {
    path: 'ag_news/test.csv',
    recognised: false,
    format: 'csv',
    text: ['#2'],
    labels: ['#0'],
    rows: 7600,
    hasHeader: false,
  },
  {
    path: 'ieb/labelled_union.jsonl',
    recognised: true,
    format: 'jsonl',
    text: ['text'],
    labels: ['label'],
    rows: 8196,
  },
  {
    path: 'ieb/eft_train_unsup.json',
    recognised: false,
    format: 'json',
    text: ['#0'],
    labels: [],
    rows: 20_814,
  },
  {
    path: 'clinc150/data_full.json',
    recognised: false,
    format: 'json',
    text: ['#0'],
    labels: ['#1'],
    rows: 23_700,
  },
  {
    path: 'wikihow_step_goal/annotated_step_goal.json',
    recognised: false,
    format: 'json',
    text: ['#0'],
    labels: [],
    rows: 15_946,
  },
];

describe.skipIf(!isPresent)('real files of ../shared/data', () => {
  it.each(files)('$path', async ({ path, recognised, format, text, labels, rows, bad, hasHeader }) => {
    const bytes = load(path);
    const guess = sniffed(path, bytes);
    expect({
      recognised: guess.recognised,
      format: guess.mapping.format,
      text: guess.mapping.textColumns,
      labels: guess.mapping.labelColumns,
    }).toEqual({ recognised, format, text, labels });
    expect(guess.preview.length).toBe(20);
    expect(guess.mapping.hasHeader).toBe(hasHeader ?? format === 'csv');
    const indexed = await indexBytes(bytes, guess.mapping, guess.columns, whole(bytes));
    expect({ rows: indexed.texts.length, bad: indexed.bad.length }).toEqual({ rows, bad: bad ?? 0 });
    expect(indexed.texts.every((row) => row.trim() !== '')).toBe(true);
  });

  it('gives every text and label set of titles.jsonl as JSON.parse does, lengths included', async () => {
    const bytes = load('wikihow_multilabel/titles.jsonl');
    const { mapping, columns } = sniffed('titles.jsonl', bytes);
    const indexed = await indexBytes(bytes, mapping, columns, randomPieces(bytes, random(3), 70_000));
    const rows = new TextDecoder()
      .decode(bytes)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { text: string; labels: string[] });
    expect(indexed.texts).toEqual(rows.map((row) => row.text.trim()));
    expect(indexed.labels.map((labels) => [...labels].sort())).toEqual(
      rows.map((row) => [...new Set(row.labels)].sort()),
    );
    expect([...indexed.builder.chars.view]).toEqual(rows.map((row) => [...row.text.trim()].length));
    expect(indexed.builder.labels.length).toBe(457);
  });

  it('finds the duplicates of steps.jsonl that its normalised texts have, and joins their labels', async () => {
    const bytes = load('wikihow_multilabel/steps.jsonl');
    const { mapping, columns } = sniffed('steps.jsonl', bytes);
    const { index, texts, labels } = await indexBytes(bytes, mapping, columns);
    const expected = new Map<string, Set<string>>();
    for (const [row, text] of texts.entries()) {
      const key = text.trim().replace(/\s+/gu, ' ').toLowerCase();
      const joined = expected.get(key) ?? new Set();
      for (const label of labels[row] ?? []) joined.add(label);
      expected.set(key, joined);
    }
    const merged = index.labelTable(await index.view(true));
    expect(texts.length - index.duplicateRows).toBe(expected.size);
    expect(merged.rowCount).toBe(expected.size);
    const found = Array.from({ length: merged.rowCount }, (_, row) =>
      [...merged.labelIds.subarray(merged.rowOffsets[row], merged.rowOffsets[row + 1])]
        .map((id) => merged.labels[id])
        .sort(),
    );
    expect(found).toEqual([...expected.values()].map((joined) => [...joined].sort()));
  });

  it('reads the same rows through gzip', async () => {
    const bytes = load('banking77/train.csv');
    const { mapping, columns } = sniffed('train.csv', bytes);
    const zipped = new Uint8Array(gzipSync(bytes));
    const plain = await indexBytes(bytes, mapping, columns);
    const unzipped = await indexBytes(
      bytes,
      mapping,
      columns,
      gunzip(() => randomPieces(zipped, random(9), 5000)),
    );
    expect(unzipped.texts).toEqual(plain.texts);
    expect(unzipped.file.contentHash).toBe(plain.file.contentHash);
  });
});
