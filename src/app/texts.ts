import type { TaskOptions } from '../base/progress.ts';
import * as notebookTexts from '../notebook/texts.ts';
import { corpusService } from './services.ts';

/** Texts of many rows of the open data. Throws `aborted`, `file-unreadable`. */
export function fetchTexts(rowIds: Uint32Array, options: TaskOptions = {}): Promise<string[]> {
  return notebookTexts.fetchTexts(corpusService(), rowIds, options);
}
