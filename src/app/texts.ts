import { throwIfAborted, type TaskOptions } from '../base/progress.ts';
import { corpusService } from './services.ts';

const batchRows = 4096;

/** Texts of many rows, fetched in batches so that the worker can answer others in between and a stop is heard. */
export async function fetchTexts(rowIds: Uint32Array, options: TaskOptions = {}): Promise<string[]> {
  const texts: string[] = [];
  for (let from = 0; from < rowIds.length; from += batchRows) {
    throwIfAborted(options.signal);
    texts.push(...(await corpusService().texts(rowIds.slice(from, from + batchRows))));
    options.onProgress?.({ phase: 'Reading rows', done: texts.length, total: rowIds.length, unit: 'rows' });
  }
  return texts;
}
