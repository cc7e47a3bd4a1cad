import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { random, type Random } from '../../base/random.ts';
import { csvCells } from './csvReader.ts';
import { CsvScanner } from './csvScanner.ts';
import type { Mapping } from './mapping.ts';
import { indexBytes, randomPieces, csvMapping } from './testing.ts';

// PapaParse gets whole strings here: given byte chunks it damages UTF-8 at their borders, which is why it is only the oracle.

const encoder = new TextEncoder();
const words = [
  'bake',
  'a',
  'cake',
  'Größe',
  '日本語',
  '🎂🍰',
  'naïve',
  'ﬁn',
  '"quoted"',
  'comma, inside',
  "it's",
  'tab\there',
  '  padded ',
  '',
  'ends"',
  '"',
  '""',
];
const newlines = ['\n', '\r\n', '\r'] as const;

function randomCell(stream: Random, newline: string): string {
  const parts = Array.from({ length: stream.integer(6) }, () => words[stream.integer(words.length)] ?? '');
  return parts.join(stream.next() < 0.15 ? newline : ' ');
}

function written(cell: string, stream: Random): string {
  return /["\r\n,]/u.test(cell) || stream.next() < 0.2 ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Every record the index pass saw (good or bad), decoded again from its byte range. */
async function cellsSeen(
  bytes: Uint8Array,
  mapping: Mapping,
  stream: Random,
  source?: AsyncIterable<Uint8Array>,
): Promise<string[][]> {
  const longest = [1, 7, 64, 5000][stream.integer(4)] ?? 7;
  const chunks = source ?? randomPieces(bytes, stream, longest);
  const { builder, file, texts } = await indexBytes(bytes, mapping, ['#0', '#1', '#2', '#3', '#4'], chunks, {
    blockBytes: longest,
  });
  const ranges = Array.from({ length: builder.rowCount }, (_, row) => ({
    start: builder.byteStarts.at(row),
    length: builder.byteLengths.at(row),
    text: texts[row],
  }));
  for (let i = 0; i < builder.bad.length; i++) {
    const { byteOffset, byteLength } = builder.bad.at(i);
    ranges.push({ start: byteOffset, length: byteLength, text: undefined });
  }
  const scanner = new CsvScanner(44, file.newline);
  return ranges
    .sort((a, b) => a.start - b.start)
    .map(({ start, length, text }) => {
      const record = bytes.subarray(start, start + length);
      scanner.scan(record, 0, true);
      const cells = csvCells(record, scanner);
      if (text !== undefined && text !== (cells[0] ?? '').trim())
        throw new Error(`'${text}' was decoded where the cell is '${cells[0]}'.`);
      return cells;
    });
}

function papa(text: string, newline: string): string[][] {
  const { data } = Papa.parse<string[]>(text, {
    delimiter: ',',
    newline: newline as '\n',
    skipEmptyLines: false,
  });
  return data.filter((row) => row.length > 1 || row[0] !== '');
}

const unheaded: Mapping = { ...csvMapping, hasHeader: false, textColumns: ['#0'], labelColumns: [] };

describe('the CSV reader against PapaParse', () => {
  it('agrees on every cell of 400 seeded files, cut at random borders', async () => {
    let rows = 0;
    for (let seed = 0; seed < 400; seed++) {
      const stream = random(seed, 1);
      const newline = newlines[stream.integer(3)] ?? '\n';
      const width = 2 + stream.integer(4);
      const lines = Array.from({ length: 1 + stream.integer(40) }, () =>
        Array.from({ length: stream.next() < 0.03 ? width + 1 : width }, () =>
          written(randomCell(stream, newline), stream),
        ).join(','),
      );
      const bom = stream.next() < 0.2 ? '\uFEFF' : '';
      const text = lines.join(newline) + (stream.next() < 0.5 ? newline : '');
      const expected = papa(text, newline);
      rows += expected.length;
      expect(await cellsSeen(encoder.encode(bom + text), unheaded, stream), `seed ${seed}`).toEqual(expected);
    }
    expect(rows).toBeGreaterThan(5000);
  });

  it('agrees through gzip, whose chunks fall where they like', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const stream = random(seed, 2);
      const text = Array.from({ length: 400 }, () =>
        Array.from({ length: 3 }, () => written(randomCell(stream, '\n'), stream)).join(','),
      ).join('\n');
      const bytes = encoder.encode(text);
      const unzipped = new Blob([bytes])
        .stream()
        .pipeThrough(new CompressionStream('gzip'))
        .pipeThrough(new DecompressionStream('gzip')) as unknown as AsyncIterable<Uint8Array>;
      expect(await cellsSeen(bytes, unheaded, stream, unzipped), `seed ${seed}`).toEqual(papa(text, '\n'));
    }
  });

  it('agrees on 4,000 strings of quotes, commas and line ends wherever PapaParse finds no unclosed quote', async () => {
    const alphabet = ['"', '"', ',', '\n', 'a', ' ', '\r\n'];
    let compared = 0;
    for (let seed = 0; seed < 4000; seed++) {
      const stream = random(seed, 3);
      const text = Array.from({ length: 3 + stream.integer(25) }, () => alphabet[stream.integer(7)]).join('');
      const { errors } = Papa.parse<string[]>(text, { delimiter: ',', newline: '\n' });
      if (errors.some((error) => error.code === 'MissingQuotes')) continue;
      // With newline '\n' PapaParse leaves the CR of a CRLF in the last cell; the reader takes it off.
      const expected = papa(text.replaceAll('\r\n', '\n'), '\n');
      if (expected.length === 0) continue;
      compared++;
      const seen = await cellsSeen(encoder.encode(text), unheaded, stream);
      const plain = seen
        .map((row) => row.map((cell) => cell.replaceAll('\r\n', '\n')))
        .filter((row) => row.length > 1 || row[0] !== '');
      expect(plain, `seed ${seed}: ${JSON.stringify(text)}`).toEqual(expected);
    }
    expect(compared).toBeGreaterThan(1500);
  });
});
