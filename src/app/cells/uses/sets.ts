import { VerbenaError } from '../../../base/errors.ts';
import type { TaskOptions } from '../../../base/progress.ts';
import { connectCorpus } from '../../../services/corpus/client.ts';
import { readBenchmarkFiles } from '../dataset/benchmarkFiles.ts';

export class SetError extends VerbenaError<'set-unreadable'> {}

/** A further data set beside the open one: texts, and the label of each where the file has labels. */
export interface TextSet {
  readonly name: string;
  readonly texts: readonly string[];
  /** Several labels of one row joined by `##`; null where a row has none. */
  readonly labels: readonly (string | null)[];
}

/** Reads a file in a corpus worker of its own, so that the open data stays. Throws `set-unreadable`, what the corpus service throws. */
export async function readTextSet(file: File, { signal, onProgress }: TaskOptions = {}): Promise<TextSet> {
  const worker = connectCorpus();
  const report = onProgress ?? (() => undefined);
  const stop = signal ?? new AbortController().signal;
  try {
    const files = await readBenchmarkFiles([file]);
    const { entries, skipped } = await worker.inspect(files, report, stop);
    const [entry] = entries;
    if (!entry || entry.sniffed.mapping.textColumns.length === 0)
      throw new SetError(
        'set-unreadable',
        `${file.name} has no column of texts that could be told: ${skipped[0]?.reason ?? 'none looks like one'}.`,
        'Give it a column named text or instruction, and one named label or category.',
        { file: file.name },
      );
    const summary = await worker.open(files, [entry.sniffed.mapping], report, stop);
    const rows = Uint32Array.from({ length: summary.rowCount }, (_, row) => row);
    const [texts, table] = [await worker.texts(rows), await worker.labelTable()];
    const labels = Array.from(rows, (row) => {
      const ids = [...table.labelIds.subarray(table.rowOffsets[row], table.rowOffsets[row + 1])];
      return ids.length === 0 ? null : ids.map((id) => table.labels[id] ?? '').join('##');
    });
    return { name: file.name.replace(/\.[^.]+$/u, ''), texts, labels };
  } finally {
    worker.terminate();
  }
}
