import { describe, expect, it } from 'vitest';
import { sniffHead } from './sniff.ts';

const encoder = new TextEncoder();
const head = (content: string, isWhole = true, name = 'file') => {
  const bytes = encoder.encode(content);
  return { name, byteLength: bytes.length, bytes, isWhole, gzip: false };
};
const step = (step: string) =>
  JSON.stringify({
    url: 'https://x',
    title: 'How to Bake',
    'target-summary': 'Mix well.',
    method: 'One',
    step,
    sources: [],
    categories: ['Baking'],
  });
const method = JSON.stringify({
  url: 'https://x',
  title: 'How to Bake',
  'target-summary': 'Mix well.',
  method: 'One',
  steps: ['Mix.', 'Bake.'],
  sources: [],
  categories: ['Baking', 'Food'],
});

describe('sniffing', () => {
  it.each([
    [
      'HowSumm step rows, a line each',
      `${step('Mix.')}\n${step('Bake.')}\n`,
      'howsumm-step',
      'jsonl',
      ['step'],
    ],
    [
      'HowSumm step rows in an array',
      `[\n${step('Mix.')},\n${step('Bake.')}\n]`,
      'howsumm-step',
      'json',
      ['step'],
    ],
    ['HowSumm method rows', `[${method}, ${method}]`, 'howsumm-method', 'json', ['method', 'steps']],
    ['one HowSumm method row', `${method}\n`, 'howsumm-method', 'jsonl', ['method', 'steps']],
    [
      'generic rows',
      '{"text": "x", "labels": ["a"]}\n{"text": "y", "labels": []}',
      'text-labels',
      'jsonl',
      ['text'],
    ],
  ])('recognises %s', (_, content, schema, format, text) => {
    const { mapping, recognised } = sniffHead(head(content));
    expect({ recognised, schema: mapping.schema, format: mapping.format, text: mapping.textColumns }).toEqual(
      {
        recognised: true,
        schema,
        format,
        text,
      },
    );
    expect(mapping.labelColumns.length).toBe(1);
    expect(mapping.labelSeparator).toBeNull();
  });

  it('recognises wikihowAll and says that it has no labels', () => {
    const { mapping, recognised, notes } = sniffHead(
      head('"headline","title","text"\n"\nMix,\nBake.","How to Bake1","First, you ""mix"".\nThen bake."\n'),
    );
    expect(recognised).toBe(true);
    expect(mapping).toMatchObject({ schema: 'wikihow-all', textColumns: ['text'], labelColumns: [] });
    expect(notes.join(' ')).toContain('without labels');
  });

  it('recognises wikihowSep', () => {
    const { mapping, recognised } = sniffHead(
      head('overview,headline,text,sectionLabel,title\no,Mix.,Mix it.,Steps,How to Bake\n'),
    );
    expect(recognised).toBe(true);
    expect(mapping).toMatchObject({ schema: 'wikihow-sep', textColumns: ['headline', 'text'] });
  });

  it.each([
    ['commas', 'text,labels\none,a\ntwo,b\n', ','],
    ['tabs', 'text\tlabels\none, and more\ta\ntwo, three\tb\n', '\t'],
    ['semicolons', 'text;labels\n"one; and";a\ntwo, three;b\n', ';'],
    ['bars', 'text|labels\none, two|a\nthree|b\n', '|'],
  ])('finds columns between %s', (_, content, delimiter) => {
    const { mapping, columns } = sniffHead(head(content));
    expect(mapping.delimiter).toBe(delimiter);
    expect(columns).toEqual(['text', 'labels']);
  });

  it.each([
    ['bars', ['a|b', 'b', 'c|a'], '|'],
    ['bars between labels that change sides', ['a|b', 'b|c', 'c|a'], '|'],
    ['the bar inside a task category', ['write|poem', 'fix|bug', 'write|essay'], null],
    ['merged task categories', ['fix|error##fix|mistake', 'write|poem', 'bake|cake'], null],
    ['semicolons', ['a; b', 'b', 'c'], ';'],
    ['commas between names that come again', ['a, b', 'b', 'a'], ','],
    ['a comma inside a name', ['Food, Drink', 'Cars', 'Pets'], null],
    ['lists', ['["a", "b"]', '[]', '["c"]'], null],
    ['single labels', ['a', 'b', 'a'], null],
  ])('guesses how labels are separated: %s', (_, cells, separator) => {
    const rows = cells.map((cell, i) => `text ${i}\t${cell}`);
    expect(sniffHead(head(`text\tlabels\n${rows.join('\n')}\n`)).mapping.labelSeparator).toBe(separator);
  });

  it('takes plain lines with commas in some of them as one column', () => {
    const lines = [
      'Mix, then bake.',
      'Stir.',
      'Wash, dry, fold.',
      'Rest a while.',
      'Cut it.',
      'Eat, if you can.',
    ];
    const { columns, mapping, preview } = sniffHead(head(lines.join('\n'), true, 'steps.txt'));
    expect({ columns, hasHeader: mapping.hasHeader }).toEqual({ columns: ['#0'], hasHeader: false });
    expect(preview).toEqual(lines.map((line) => [line]));
  });

  it('asks where nothing is known, with its best guess filled in', () => {
    const rows = Array.from(
      { length: 30 },
      (_, i) => `${i},A sentence of some length, number ${i},${i % 3 ? 'x' : 'y'}`,
    );
    const quoted = rows.map((row) => row.replace(/(A .*\d),/u, '"$1",'));
    const { recognised, columns, mapping, preview } = sniffHead(head(quoted.join('\n')));
    expect(recognised).toBe(false);
    expect(columns).toEqual(['#0', '#1', '#2']);
    expect(mapping).toMatchObject({ hasHeader: false, textColumns: ['#1'], labelColumns: ['#2'] });
    expect(preview[3]).toEqual(['3', 'A sentence of some length, number 3', 'y']);
  });

  it('shows columns and preview under a delimiter and header that the user chose', () => {
    const file = head('a;b\n1;2\n3;4\n');
    expect(sniffHead(file, { delimiter: ';', hasHeader: true })).toMatchObject({
      columns: ['a', 'b'],
      preview: [
        ['1', '2'],
        ['3', '4'],
      ],
    });
    expect(sniffHead(file, { delimiter: ',', hasHeader: false })).toMatchObject({
      columns: ['#0'],
      preview: [['a;b'], ['1;2'], ['3;4']],
    });
    expect(() => sniffHead(file, { delimiter: '::' })).toThrow(/cannot separate/u);
  });

  it('looks at a sample of a huge first record without failing', () => {
    const { columns } = sniffHead(head(`text,labels\n"${'word '.repeat(60_000)}`, false));
    expect(columns).toEqual(['text', 'labels']);
    expect(() => sniffHead(head(`[{"text": "${'word '.repeat(60_000)}`, false))).toThrow(/told apart/u);
  });
});

describe('the column that names an article', () => {
  const rows = (url: (i: number) => string) =>
    Array.from({ length: 6 }, (_, i) =>
      JSON.stringify({ text: `step ${i}`, url: url(i), labels: ['a'] }),
    ).join('\n');
  const mappingOf = (text: string) =>
    sniffHead({
      name: 'rows.jsonl',
      byteLength: text.length,
      bytes: new TextEncoder().encode(text),
      isWhole: true,
      gzip: false,
    }).mapping;

  it('is taken where rows share it', () => {
    expect(mappingOf(rows((i) => `u${i >> 1}`)).articleColumn).toBe('url');
    expect(mappingOf(rows((i) => `u${i}`)).articleColumn).toBeUndefined();
  });
});
