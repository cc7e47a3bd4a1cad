import { describe, expect, it } from 'vitest';
import { defaultParameters } from './parameters.ts';
import { selectLabels } from '../core/labels/selection.ts';
import { duplicateGroups, splitRows } from '../core/split/split.ts';
import { Analysis } from '../services/analysis/service.ts';
import { Corpus } from '../services/corpus/service.ts';
import {
  assembleBaselineData,
  assembleTrainingData,
  joinTrainingData,
  splitRequest,
} from './trainingData.ts';
import { fetchTexts } from './texts.ts';
import { random } from '../base/random.ts';
import { csvMapping, jsonMapping } from '../core/corpus/testing.ts';
import type { LabelTable } from '../core/labels/labelTable.ts';
import type { Progress } from '../base/progress.ts';
import type { TextService } from '../services/text/contract.ts';

// A corpus and a tokenizer small enough to read, with the services' own signatures: words become ids, nothing is faked away.

const texts = Array.from({ length: 60 }, (_, row) => `step ${row % 50} of recipe ${row % 7}`);
const labels = ['food', 'bread', 'rare'];
const carried = texts.map((_, row) => (row % 10 === 9 ? [2] : row % 2 === 0 ? [0, 1] : [0]));

const table: LabelTable = {
  rowCount: texts.length,
  labels,
  rowOffsets: Uint32Array.from([0, ...carried.map((_, row) => carried.slice(0, row + 1).flat().length)]),
  labelIds: Uint32Array.from(carried.flat()),
};

const corpus = {
  labelTable: async () => table,
  texts: async (rows: Uint32Array) => Array.from(rows, (row) => texts[row] ?? ''),
  textGroups: async (rows: Uint32Array) => duplicateGroups(Array.from(rows, (row) => texts[row] ?? '')),
  articleGroups: async (rows: Uint32Array) => rows.map((row) => row >> 2),
};

const tokenizeRows: TextService['tokenizeRows'] = async (rowIds, given, _cleaning, _tokenizer, maxLength) => {
  const rows = given.map((text) =>
    text
      .split(' ')
      .map((word) => word.length)
      .slice(0, maxLength),
  );
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => (offsets[i + 1] = (offsets[i] as number) + row.length));
  return {
    hash: 'h',
    rowIds,
    offsets,
    ids: Int32Array.from(rows.flat()),
    fullLengths: Uint32Array.from(rows, (row) => row.length),
    maxLength,
  };
};
const text = { tokenizeRows, clean: async (given: readonly string[]) => given.map((t) => t.toUpperCase()) };

const request = {
  dataHash: 'abc',
  labels: { ...defaultParameters.labels, threshold: 10 },
  split: { ...defaultParameters.split, validation: 0.2, test: 0.2 },
  text: { cleaning: defaultParameters.text.cleaning, maxLength: 16 },
  tokenizer: { name: 't', tokenizerJson: '{}', tokenizerConfigJson: '{}' },
};

describe('assembleTrainingData', () => {
  it('lines up rows, tokens, targets and split', async () => {
    const data = await assembleTrainingData({ corpus, text }, request);
    expect(data.labels).toEqual(['food', 'bread']);
    const { train, validation, test } = data.split;
    const dealt = [...train, ...validation, ...test].sort((a, b) => a - b);
    expect(dealt).toEqual(Array.from(data.tokens.rowIds, (_, position) => position));
    data.tokens.rowIds.forEach((row, position) => {
      const targets = data.targetIds.slice(data.targetOffsets[position], data.targetOffsets[position + 1]);
      expect(Array.from(targets)).toEqual(carried[row]);
    });
  });

  it('keeps copies of one text in one part', async () => {
    const data = await assembleTrainingData({ corpus, text }, request);
    const partOf = new Map<string, number>();
    [data.split.train, data.split.validation, data.split.test].forEach((part, number) => {
      for (const position of part) {
        const copy = texts[data.tokens.rowIds[position] as number] as string;
        expect(partOf.get(copy) ?? number).toBe(number);
        partOf.set(copy, number);
      }
    });
  });

  it('gives the same data for the same parameters', async () => {
    const once = await assembleTrainingData({ corpus, text }, request);
    const again = await assembleTrainingData({ corpus, text }, request);
    expect(again).toEqual(once);
  });

  it('reports progress and stops between batches', async () => {
    const controller = new AbortController();
    const seen: Progress[] = [];
    const run = assembleTrainingData({ corpus, text }, request, {
      signal: controller.signal,
      onProgress: (progress) => {
        seen.push(progress);
        controller.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
    expect(seen[0]).toMatchObject({ phase: 'Reading texts', total: 54, unit: 'rows' });
  });

  it('refuses tokens of other rows, and a split of another selection', async () => {
    const { tokens, split, ...rest } = await assembleTrainingData({ corpus, text }, request);
    const selection = { ...rest, rowIds: tokens.rowIds };
    const others = { ...tokens, rowIds: tokens.rowIds.map((row) => row + 1) };
    expect(() => joinTrainingData('abc', selection, split, others)).toThrow(
      expect.objectContaining({ code: 'assembly-rows-differ' }),
    );
    const short = { ...split, test: new Uint32Array(0) };
    expect(() => joinTrainingData('abc', selection, short, tokens)).toThrow(
      expect.objectContaining({ code: 'assembly-rows-differ' }),
    );
  });
});

describe('the split', () => {
  /** The real corpus service over two files whose texts repeat in other case, spacing, quoting, encoding and columns. */
  const openCorpus = async () => {
    const stream = random(5);
    const spellings = [
      (text: string) => text,
      (text: string) => text.toUpperCase(),
      (text: string) => `  ${text.replaceAll(' ', '\u00a0 ')}\t`,
      (text: string) => text.replaceAll(' ', '\n'),
    ];
    const spelt = () => {
      const text = `bräte "apple" ${stream.integer(150)} für ÉLAN 日本`;
      return (spellings[stream.integer(spellings.length)] ?? String)(text);
    };
    const labelsOf = () => [...new Set([`l${stream.integer(5)}`, `l${stream.integer(9)}`])];
    const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
    const csv = Array.from({ length: 400 }, () => `${quoted(spelt())},${labelsOf().join('|')}\r\n`);
    const json = Array.from({ length: 400 }, () => {
      const words = spelt().split(/(?<=\S)\s+(?=\S)/u);
      // Columns stand joined by a line break, which is white space like any other.
      return JSON.stringify({
        head: words.slice(0, 2).join(' '),
        body: words.slice(2).join(' '),
        labels: labelsOf(),
      });
    });
    const files = [
      new File([`text,labels\r\n${csv.join('')}`], 'a.csv'),
      new File([json.join('\n')], 'b.jsonl'),
    ];
    const service = new Corpus();
    const mappings = [{ ...csvMapping }, { ...jsonMapping('jsonl'), textColumns: ['head', 'body'] }];
    const nobody = new AbortController().signal;
    const summary = await service.open(files, mappings, () => undefined, nobody);
    return { service, summary, nobody };
  };

  it('is the same on the page, without one, and from texts alone', async () => {
    const { service, summary, nobody } = await openCorpus();
    expect(summary).toMatchObject({ rowCount: 800, badRowCount: 0 });
    // Nearly all of the 150 texts occur, in files, spellings and columns that differ.
    expect(summary.duplicateRows).toBeGreaterThan(645);
    for (const merged of [false, true]) {
      await service.setMerged(merged, () => undefined, nobody);
      for (const groupDuplicates of [true, false]) {
        const parameters = { ...request.split, seed: 11, groupDuplicates };
        const labels = { ...request.labels, threshold: 3 };
        const selection = selectLabels(await service.labelTable(), labels, labels.threshold);
        const onPage = await new Analysis().split(await splitRequest(service, selection, parameters));
        const assembled = await assembleTrainingData(
          { corpus: service, text },
          { ...request, labels, split: parameters },
        );
        const kept = await fetchTexts(service, selection.rowIds, {});
        const fromTexts = splitRows(
          { ...selection, labelCount: selection.labels.length },
          {
            fractions: { train: 0.6, validation: 0.2, test: 0.2 },
            seed: 11,
            groups: groupDuplicates ? duplicateGroups(kept) : null,
          },
        );
        expect(assembled.split).toEqual(onPage.split);
        expect(fromTexts).toEqual(onPage.split);
      }
    }
    // Merged rows are texts of their own: grouping changes nothing then.
    const labels = { ...request.labels, threshold: 3 };
    const selection = selectLabels(await service.labelTable(), labels, labels.threshold);
    const [together, apart] = await Promise.all(
      [true, false].map(async (groupDuplicates) =>
        new Analysis().split(await splitRequest(service, selection, { ...request.split, groupDuplicates })),
      ),
    );
    expect(together?.split).toEqual(apart?.split);
  });
});

describe('a split by article', () => {
  it('keeps the rows of each in one part, and copies of a text where they fall', async () => {
    const service = new Corpus();
    const lines = Array.from({ length: 600 }, (_, row) =>
      JSON.stringify({
        text: `step ${row % 40}`,
        url: `article ${Math.floor(row / 4)}`,
        labels: ['a', 'b'][row & 1],
      }),
    );
    const file = new File([lines.join('\n')], 'steps.jsonl');
    const nobody = new AbortController().signal;
    const { mapping } = await service.sniff(file);
    expect(mapping.articleColumn).toBe('url');
    const summary = await service.open([file], [mapping], () => undefined, nobody);
    expect(summary).toMatchObject({ articles: 150, duplicateRows: 560 });
    const labels = { ...request.labels, threshold: 1 };
    const selection = selectLabels(await service.labelTable(), labels, labels.threshold);
    const parameters = {
      seed: 3,
      validation: 0.2,
      test: 0.2,
      groupDuplicates: true,
      groupArticles: true,
    } as const;
    const { split } = await new Analysis().split(await splitRequest(service, selection, parameters));
    const partOf = new Map<number, string>();
    for (const part of ['train', 'validation', 'test'] as const)
      for (const row of split[part]) {
        const article = row >> 2;
        expect(partOf.get(article) ?? part).toBe(part);
        partOf.set(article, part);
      }
    expect(partOf.size).toBe(150);
    expect(split.test.length).toBeGreaterThan(90);
    expect(split.test.length).toBeLessThan(150);
  });
});

describe('assembleBaselineData', () => {
  it('learns from the training rows and is judged on the part asked for, cleaned as the network’s text', async () => {
    const { tokens, split, ...rest } = await assembleTrainingData({ corpus, text }, request);
    const selection = { ...rest, rowIds: tokens.rowIds };
    const cleaning = { ...defaultParameters.text.cleaning, lowercase: true };
    const data = await assembleBaselineData({ corpus, text }, { selection, split, cleaning }, 'test');
    expect(data.trainTexts).toHaveLength(split.train.length);
    expect(Array.from(data.testRowIds)).toEqual(
      Array.from(split.test, (position) => tokens.rowIds[position]),
    );
    expect(data.testTexts[0]).toBe(texts[data.testRowIds[0] as number]?.toUpperCase());
    data.testRowIds.forEach((row, i) => {
      const targets = Array.from(data.testTargets.subarray(i * 2, i * 2 + 2));
      expect(targets).toEqual([0, 1].map((label) => (carried[row]?.includes(label) ? 1 : 0)));
    });
  });
});
