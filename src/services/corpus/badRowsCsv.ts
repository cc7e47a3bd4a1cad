import { csvLine } from '../../base/csv.ts';
import type { OpenCorpus } from './openCorpus.ts';

const rowsAtOnce = 2000;

/** All bad rows as a CSV file, built a batch at a time so that ten million of them do not stand in memory as text. */
export async function badRowsCsv(corpus: OpenCorpus): Promise<Blob> {
  const count = corpus.index.builder.bad.length;
  let parts: (string | Blob)[] = [csvLine(['file', 'line', 'byte offset', 'code', 'reason', 'excerpt'])];
  for (let from = 0; from < count; from += rowsAtOnce) {
    const rows = await corpus.badRows(from, from + rowsAtOnce);
    for (const { file, line, byteOffset, code, reason, excerpt } of rows)
      parts.push(csvLine([file, line, byteOffset, code, reason, excerpt]));
    if (parts.length > 100) parts = [new Blob(parts)];
  }
  return new Blob(parts, { type: 'text/csv;charset=utf-8' });
}
