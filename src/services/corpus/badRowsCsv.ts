import type { OpenCorpus } from './openCorpus.ts';

const rowsAtOnce = 2000;

/** All bad rows as a CSV file, built a batch at a time so that ten million of them do not stand in memory as text. */
export async function badRowsCsv(corpus: OpenCorpus): Promise<Blob> {
  const count = corpus.index.builder.bad.length;
  let parts: (string | Blob)[] = ['file,line,byte offset,code,reason,excerpt\r\n'];
  for (let from = 0; from < count; from += rowsAtOnce) {
    const rows = await corpus.badRows(from, from + rowsAtOnce);
    parts.push(
      rows
        .map(({ file, line, byteOffset, code, reason, excerpt }) =>
          [file, line, byteOffset, code, reason, excerpt].map(cell).join(','),
        )
        .join('\r\n'),
      '\r\n',
    );
    if (parts.length > 100) parts = [new Blob(parts)];
  }
  return new Blob(parts, { type: 'text/csv;charset=utf-8' });
}

function cell(value: string | number): string {
  const text = String(value);
  return /["\r\n,]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
