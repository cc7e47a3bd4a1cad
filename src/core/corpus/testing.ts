import type { Random } from '../../base/random.ts';
import { CorpusIndex } from './corpusIndex.ts';
import { rowDecoder } from './decodeRow.ts';
import { IndexBuilder } from './indexBuilder.ts';
import { indexFile, type IndexedFile, type IndexFileOptions } from './indexFile.ts';
import type { BadRowCode, Mapping } from './mapping.ts';

// Shared by the corpus tests and benchmarks; nothing of the product imports it.

export const csvMapping: Mapping = {
  format: 'csv',
  schema: 'text-labels',
  gzip: false,
  textColumns: ['text'],
  labelColumns: ['labels'],
  labelSeparator: '|',
  delimiter: ',',
  hasHeader: true,
};

export const jsonMapping = (format: 'json' | 'jsonl', text = 'text', labels = 'labels'): Mapping => ({
  ...csvMapping,
  format,
  textColumns: [text],
  labelColumns: labels === '' ? [] : [labels],
  labelSeparator: null,
});

/** Bytes in pieces of random length, so that characters, quotes and line ends fall on borders. */
export async function* randomPieces(
  bytes: Uint8Array,
  stream: Random,
  longest: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const length = 1 + stream.integer(longest);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

export async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

export interface IndexedBytes {
  readonly builder: IndexBuilder;
  readonly index: CorpusIndex;
  readonly file: IndexedFile;
  readonly texts: readonly string[];
  readonly labels: readonly (readonly string[])[];
  readonly bad: readonly { code: BadRowCode; line: number; byteOffset: number; reason: string }[];
}

/** Indexes bytes held in memory and decodes every row again through its byte range. */
export async function indexBytes(
  bytes: Uint8Array,
  mapping: Mapping,
  columns: readonly string[],
  chunks: AsyncIterable<Uint8Array> = whole(bytes),
  options: Partial<IndexFileOptions> = {},
): Promise<IndexedBytes> {
  const builder = new IndexBuilder();
  const file = await indexFile(chunks, { name: 'test', fileId: 0, mapping, builder, ...options });
  const index = await CorpusIndex.build(builder);
  const decode = rowDecoder(mapping, columns, file.newline);
  const { rowOffsets, labelIds } = await index.view(false);
  const texts: string[] = [];
  const labels: string[][] = [];
  for (let row = 0; row < builder.rowCount; row++) {
    const start = builder.byteStarts.at(row);
    texts.push(decode(bytes.subarray(start, start + builder.byteLengths.at(row)), builder.parts.at(row)));
    labels.push(
      [...labelIds.subarray(rowOffsets[row], rowOffsets[row + 1])].map((id) => builder.labels[id] ?? ''),
    );
  }
  const bad = Array.from({ length: builder.bad.length }, (_, i) => builder.bad.at(i));
  return { builder, index, file, texts, labels, bad };
}
