import { throttled, throwIfAborted, type TaskOptions } from '../base/progress.ts';
import type { CorpusService } from '../services/corpus/contract.ts';

/** Texts asked of the corpus worker at once: it answers others in between, and a stop takes effect between two requests. */
const textsAtOnce = 2000;

/** Texts of corpus rows, a batch at a time, with progress and a way to stop. */
export async function fetchTexts(
  corpus: Pick<CorpusService, 'texts'>,
  rowIds: Uint32Array,
  { signal, onProgress }: TaskOptions,
): Promise<string[]> {
  const report = throttled(onProgress);
  const texts: string[] = [];
  report({ phase: 'Reading texts', done: 0, total: rowIds.length, unit: 'rows' });
  for (let start = 0; start < rowIds.length; start += textsAtOnce) {
    throwIfAborted(signal);
    // A loop, not a spread: a large batch would overflow the stack.
    for (const text of await corpus.texts(rowIds.slice(start, start + textsAtOnce))) texts.push(text);
    report({ phase: 'Reading texts', done: texts.length, total: rowIds.length, unit: 'rows' });
  }
  return texts;
}
