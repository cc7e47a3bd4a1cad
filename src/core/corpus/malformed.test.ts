import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { VerbenaError } from '../../base/errors.ts';
import { random } from '../../base/random.ts';
import { gunzip } from './gunzip.ts';
import type { IndexFileOptions } from './indexFile.ts';
import type { BadRowCode, Mapping } from './mapping.ts';
import { sniffHead } from './sniff.ts';
import { csvMapping, indexBytes, jsonMapping, randomPieces, whole } from './testing.ts';

const encoder = new TextEncoder();
const bytesOf = (content: string | readonly (string | readonly number[])[]) =>
  typeof content === 'string'
    ? encoder.encode(content)
    : Uint8Array.from(
        content.flatMap((part) => (typeof part === 'string' ? [...encoder.encode(part)] : part)),
      );

const jsonl = jsonMapping('jsonl');
const json = jsonMapping('json');
const headerless: Mapping = { ...csvMapping, hasHeader: false, textColumns: ['#0'], labelColumns: ['#1'] };
const good = (text: string, labels = '["a"]') => `{"text": "${text}", "labels": ${labels}}`;

interface Case {
  readonly name: string;
  readonly mapping: Mapping;
  readonly content: string | readonly (string | readonly number[])[];
  readonly texts: readonly string[];
  /** Code, line and byte offset of each bad row, or the characters that stand there. */
  readonly bad: readonly (readonly [BadRowCode, line: number, byteOffset: number | string])[];
  readonly labels?: readonly (readonly string[])[];
  readonly dropped?: number;
  readonly options?: Partial<IndexFileOptions>;
}

const cases: readonly Case[] = [
  {
    name: 'a row with too few cells',
    mapping: csvMapping,
    content: 'text,labels\nfirst,a\nonly\nlast,b\n',
    texts: ['first', 'last'],
    bad: [['ragged-row', 3, 20]],
  },
  {
    name: 'a row with too many cells',
    mapping: csvMapping,
    content: 'text,labels\nfirst,a\nx,y,z\nlast,b',
    texts: ['first', 'last'],
    bad: [['ragged-row', 3, 20]],
  },
  {
    name: 'a quote that is not doubled and eats a delimiter',
    mapping: csvMapping,
    content: 'text,labels\n"say "hi", now",a\nlast,b\n',
    texts: ['last'],
    bad: [['stray-quote', 2, 12]],
  },
  {
    name: 'a quote that is not doubled and harms nothing',
    mapping: csvMapping,
    content: 'text,labels\n"say "hi" now",a\n',
    texts: ['say "hi" now'],
    bad: [],
  },
  {
    name: 'a quote that is never closed: its line is lost, the lines behind are read',
    mapping: csvMapping,
    content: 'text,labels\nfirst,a\n"open,b\nsecond,c\nthird,d\n',
    texts: ['first', 'second', 'third'],
    bad: [['unterminated-quote', 3, 20]],
  },
  {
    name: 'a quote that opens in the last line',
    mapping: csvMapping,
    content: 'text,labels\nfirst,a\n"open,b',
    texts: ['first'],
    bad: [['unterminated-quote', 3, 20]],
  },
  {
    name: 'a quote left open in a file larger than the longest record',
    mapping: csvMapping,
    content: `text,labels\nfirst,a\n"open,b\n${'word,c\n'.repeat(400)}`,
    texts: ['first', ...Array.from({ length: 400 }, () => 'word')],
    bad: [['unterminated-quote', 3, 20]],
    options: { maxRecordBytes: 500, blockBytes: 128 },
  },
  {
    name: 'one endless line between good ones',
    mapping: csvMapping,
    content: `text,labels\nfirst,a\n${'x'.repeat(5000)},b\nlast,c\n`,
    texts: ['first', 'last'],
    bad: [['record-too-long', 3, 20]],
    options: { maxRecordBytes: 1000, blockBytes: 128 },
  },
  {
    name: 'blank lines, which are no rows',
    mapping: csvMapping,
    content: 'text,labels\r\n\r\nfirst,a\r\n\r\n\r\nlast,b\r\n',
    texts: ['first', 'last'],
    bad: [],
  },
  {
    name: 'a blank text',
    mapping: csvMapping,
    content: 'text,labels\n" \n ",a\nlast,b\n',
    texts: ['last'],
    bad: [['no-text', 2, 12]],
  },
  {
    name: 'Latin-1 bytes in one text',
    mapping: csvMapping,
    content: ['text,labels\ncaf', [0xe9], ' au lait,a\nlast,b\n'],
    texts: ['last'],
    bad: [['invalid-utf8', 2, 12]],
  },
  {
    name: 'Latin-1 bytes in one label',
    mapping: csvMapping,
    content: ['text,labels\nfirst,caf', [0xe9], '\nlast,b\n'],
    texts: ['last'],
    bad: [['invalid-utf8', 2, 12]],
  },
  {
    name: 'a character cut off by the end of the file',
    mapping: csvMapping,
    content: ['text,labels\nfirst,a\n', [0x65, 0xe2, 0x82], ',b'],
    texts: ['first'],
    bad: [['invalid-utf8', 3, 20]],
  },
  {
    name: 'NUL bytes inside a text, which are kept',
    mapping: csvMapping,
    content: ['text,labels\nnu', [0], 'll,a\n'],
    texts: ['nu\0ll'],
    bad: [],
  },
  {
    name: 'pandas NaN, blank and repeated labels',
    mapping: csvMapping,
    content: 'text,labels\nfirst,nan\nsecond, a |b||a\nthird,\n',
    texts: ['first', 'second', 'third'],
    labels: [[], ['a', 'b'], []],
    bad: [],
    dropped: 2,
  },
  {
    name: 'a JSON object in a label cell',
    mapping: csvMapping,
    content: 'text,labels\nfirst,"{""a"": 1}"\nlast,b\n',
    texts: ['last'],
    bad: [['labels-not-a-list', 2, 12]],
  },
  {
    name: 'Python lists in label cells',
    mapping: csvMapping,
    content: `text,labels\nfirst,"['Food, Drink', ""Kid's Food""]"\nlast,"['a', None]"\nnone,[]\n`,
    texts: ['first', 'last', 'none'],
    labels: [['Food, Drink', "Kid's Food"], ['a'], []],
    bad: [],
    dropped: 1,
  },
  {
    name: 'line ends of old Macs, with a quoted one inside',
    mapping: csvMapping,
    content: 'text,labels\r"first\rline",a\rlast,b\r',
    texts: ['first\rline', 'last'],
    bad: [],
  },
  {
    name: 'a byte-order mark before a quoted header',
    mapping: csvMapping,
    content: [[0xef, 0xbb, 0xbf], '"text","labels"\nfirst,a\n'],
    texts: ['first'],
    bad: [],
  },
  {
    name: 'markup and formulas in a text, which stay text',
    mapping: headerless,
    content: '<script>alert(1)</script>,a\n"=HYPERLINK(""x"")",b\n',
    texts: ['<script>alert(1)</script>', '=HYPERLINK("x")'],
    bad: [],
  },
  {
    name: 'a JSON line that breaks off',
    mapping: jsonl,
    content: `${good('first')}\n{"text": "cut", "lab\n${good('last')}\n`,
    texts: ['first', 'last'],
    bad: [['json-syntax', 2, '{"text": "cut']],
  },
  {
    name: 'two records on one JSON line',
    mapping: jsonl,
    content: `${good('a')} ${good('b')}\n${good('last')}`,
    texts: ['last'],
    bad: [['json-syntax', 1, 0]],
  },
  {
    name: 'JSON lines that are no objects',
    mapping: jsonl,
    content: `42\nnull\ntrue\n${good('last')}`,
    texts: ['last'],
    bad: [
      ['row-not-an-object', 1, 0],
      ['row-not-an-object', 2, 3],
      ['row-not-an-object', 3, 8],
    ],
  },
  {
    name: 'NaN where labels should be, and NaN elsewhere',
    mapping: jsonl,
    content: `{"text": "x", "labels": NaN}\n{"text": "NaN is \\"fine\\"", "labels": ["a"], "score": -Infinity}`,
    texts: ['NaN is "fine"'],
    bad: [['labels-not-a-list', 1, 0]],
  },
  {
    name: 'null labels, an object for labels, a list in a list',
    mapping: jsonl,
    content: `${good('x', 'null')}\n${good('x', '{"a": 1}')}\n${good('x', '[["a"]]')}\n${good('last', '7')}`,
    texts: ['last'],
    labels: [['7']],
    bad: [
      ['labels-not-a-list', 1, 0],
      ['labels-not-a-list', 2, '{"text": "x", "labels": {'],
      ['labels-not-a-list', 3, '{"text": "x", "labels": [['],
    ],
  },
  {
    name: 'null and NaN entries in a label list',
    mapping: jsonl,
    content: `${good('x', '["a", null, NaN, "  ", 3, "a "]')}`,
    texts: ['x'],
    labels: [['a', '3']],
    bad: [],
    dropped: 3,
  },
  {
    name: 'texts that are missing, null, blank or an object',
    mapping: jsonl,
    content: `{"labels": []}\n{"text": null}\n{"text": " "}\n{"text": {"en": "x"}}\n${good('last')}`,
    texts: ['last'],
    bad: [
      ['no-text', 1, 0],
      ['no-text', 2, 15],
      ['no-text', 3, 30],
      ['text-not-string', 4, 44],
    ],
  },
  {
    name: 'a lone surrogate escape, which JSON allows',
    mapping: jsonl,
    content: `{"text": "half \\ud83c end", "labels": []}`,
    texts: ['half \ud83c end'],
    bad: [],
  },
  {
    name: 'bad UTF-8 in a JSON line',
    mapping: jsonl,
    content: ['{"text": "caf', [0xe9], `"}\n`, good('last')],
    texts: ['last'],
    bad: [['invalid-utf8', 1, 0]],
  },
  {
    name: 'an endless JSON line',
    mapping: jsonl,
    content: `${good('first')}\n${good('x'.repeat(4000))}\n${good('last')}\n`,
    texts: ['first', 'last'],
    bad: [['record-too-long', 2, '{"text": "xxxx']],
    options: { maxRecordBytes: 1000, blockBytes: 64 },
  },
  {
    name: 'a JSON array that breaks off between records',
    mapping: json,
    content: `[${good('first')},\n${good('second')}`,
    texts: ['first', 'second'],
    bad: [['json-truncated', 2, 72]],
  },
  {
    name: 'a JSON array that breaks off inside a record',
    mapping: json,
    content: `[${good('first')},\n{"text": "cut`,
    texts: ['first'],
    bad: [['json-truncated', 2, '{"text": "cut']],
  },
  {
    name: 'a record of a JSON array that is never closed: the ones behind are found by their lines',
    mapping: json,
    content: `[\n  ${good('first')},\n  {"text": "open", "labels": ["a",\n  ${good('second')},\n  ${good('third')}\n]`,
    texts: ['first', 'second', 'third'],
    bad: [['json-truncated', 3, '{"text": "open']],
  },
  {
    name: 'a bad element among good ones',
    mapping: json,
    content: `[${good('first')}, {text: "unquoted"}, ${good('last')}]`,
    texts: ['first', 'last'],
    bad: [['json-syntax', 1, '{text: "unquoted"}']],
  },
  {
    name: 'a missing comma and one too many in a JSON array',
    mapping: json,
    content: `[${good('first')} ${good('second')},,${good('last')},]`,
    texts: ['first', 'second', 'last'],
    bad: [['json-syntax', 1, ',{"text": "last']],
  },
  {
    name: 'content behind the end of a JSON array',
    mapping: json,
    content: `[${good('first')}]\n[${good('second')}]`,
    texts: ['first'],
    bad: [['json-trailing', 2, '[{"text": "second']],
  },
  {
    name: 'records in a member of an object, with scalars beside',
    mapping: json,
    content: `{"version": 3, "data": [${good('first')}, ${good('last')}], "count": 2}`,
    texts: ['first', 'last'],
    bad: [
      ['no-text', 1, '"version": 3'],
      ['no-text', 1, '"count": 2'],
    ],
  },
];

describe('malformed rows', () => {
  it.each(cases)('$name', async ({ mapping, content, texts, bad, labels, dropped, options }) => {
    const bytes = bytesOf(content);
    const columns = mapping.hasHeader ? ['text', 'labels'] : ['#0', '#1'];
    for (const chunks of [
      whole(bytes),
      randomPieces(bytes, random(1), 1),
      randomPieces(bytes, random(2), 90),
    ]) {
      const indexed = await indexBytes(bytes, mapping, columns, chunks, { blockBytes: 8, ...options });
      expect(indexed.texts).toEqual(texts);
      const found = indexed.bad.map(({ code, line, byteOffset }, i) => {
        const begin = bad[i]?.[2];
        if (typeof begin !== 'string') return [code, line, byteOffset];
        return [code, line, new TextDecoder().decode(bytes.subarray(byteOffset, byteOffset + begin.length))];
      });
      expect(found).toEqual(bad);
      expect(indexed.bad.every(({ reason }) => reason.length > 5)).toBe(true);
      expect(indexed.labels).toEqual(labels ?? indexed.labels);
      expect(indexed.builder.droppedLabelEntries).toBe(dropped ?? 0);
    }
  });

  it('gives up a file whose quotes never match, without taking forever', async () => {
    const bytes = bytesOf(`text,labels\n${'"x\n'.repeat(3001)}`);
    const { bad, texts } = await indexBytes(bytes, csvMapping, ['text', 'labels']);
    expect(texts).toEqual([]);
    expect(bad.length).toBeGreaterThan(0);
  });
});

describe('malformed gzip', () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => `step number ${i * 7919} of many,label ${i % 50}\n`);
  const text = bytesOf(`text,labels\n${rows.join('')}`);
  const zipped = new Uint8Array(gzipSync(text));
  const readAll = async (bytes: Uint8Array) => {
    const unzipped: number[] = [];
    const spy = async function* () {
      for await (const chunk of gunzip(() => randomPieces(bytes, random(5), 40_000))) {
        for (const byte of chunk) unzipped.push(byte);
        yield chunk;
      }
    };
    return indexBytes(text, csvMapping, ['text', 'labels'], spy());
  };

  it('reads a whole file', async () => {
    const { texts, bad } = await readAll(zipped);
    expect([texts.length, bad.length]).toEqual([rows.length, 0]);
  });

  it('keeps the rows of a truncated file and says where it ends', async () => {
    const { texts, bad } = await readAll(zipped.subarray(0, zipped.length * 0.6));
    expect(texts.length).toBeGreaterThan(rows.length * 0.5);
    expect(bad.at(-1)?.code).toBe('gzip-truncated');
  });

  it('keeps the rows of a file that lost its last byte', async () => {
    const { texts, bad } = await readAll(zipped.subarray(0, zipped.length - 1));
    expect(texts.length).toBe(rows.length);
    expect(bad.map(({ code }) => code)).toEqual(['gzip-truncated']);
  });

  it('reads files of several members, as bgzip and cat make them', async () => {
    const half = text.indexOf(10, text.length / 2) + 1;
    const parts = [text.subarray(0, half), text.subarray(half)].map((part) => gzipSync(part));
    const { texts, bad } = await readAll(new Uint8Array(Buffer.concat(parts)));
    expect([texts.length, bad.length]).toEqual([rows.length, 0]);
  });

  it('refuses what only begins like gzip', async () => {
    const fake = Uint8Array.from({ length: 500 }, (_, i) =>
      i === 0 ? 0x1f : i === 1 ? 0x8b : (i * 37) % 251,
    );
    await expect(readAll(fake)).rejects.toMatchObject({ code: 'gzip-invalid' });
  });
});

describe('files that cannot be read', () => {
  const sniffed = (bytes: Uint8Array, name = 'steps.csv') =>
    sniffHead({ name, byteLength: bytes.length, bytes, isWhole: true, gzip: false });
  const latin1 = Buffer.from('text,labels\ncafé à la crème,été\nrésumé,naïve\n'.repeat(20), 'latin1');

  it.each([
    ['file-empty', new Uint8Array(0)],
    ['file-empty', bytesOf(' \r\n\n')],
    ['file-empty', bytesOf([[0xef, 0xbb, 0xbf]])],
    ['file-binary', Uint8Array.from({ length: 4000 }, (_, i) => (i * 7919) % 256)],
    ['format-unknown', bytesOf([[0x50, 0x4b, 0x03, 0x04], 'rest'])],
    ['format-unknown', bytesOf('PAR1....')],
    ['header-only', bytesOf('<mediawiki><page/></mediawiki>')],
    ['file-encoding', new Uint8Array(latin1)],
    ['file-encoding', new Uint8Array(Buffer.from('text,labels\nfirst,a\nsecond,b\n', 'utf16le'))],
    ['header-only', bytesOf('text,labels\n')],
    ['header-only', bytesOf('[]')],
  ])('%s', (code, bytes) => {
    let thrown: unknown;
    try {
      sniffed(bytes);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(VerbenaError);
    expect(thrown).toMatchObject({ code });
    expect((thrown as VerbenaError).remedy.length).toBeGreaterThan(10);
  });

  it.each<[string, Mapping, string]>([
    ['file-empty', csvMapping, ''],
    ['header-only', csvMapping, 'text,labels\n\n'],
    ['no-text-column', { ...csvMapping, textColumns: ['body'] }, 'text,labels\na,b\n'],
    ['no-text-column', { ...csvMapping, textColumns: [] }, 'text,labels\na,b\n'],
    ['no-label-column', { ...csvMapping, labelColumns: ['tags'] }, 'text,labels\na,b\n'],
    ['mapping-invalid', { ...csvMapping, delimiter: '||' }, 'text,labels\na,b\n'],
  ])('%s in the index pass', async (code, mapping, content) => {
    await expect(indexBytes(bytesOf(content), mapping, [])).rejects.toMatchObject({ code });
  });

  it('stops when asked', async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(
      indexBytes(bytesOf('text,labels\na,b\n'), csvMapping, ['text', 'labels'], undefined, {
        signal: stop.signal,
      }),
    ).rejects.toMatchObject({ code: 'aborted' });
  });
});
