import type { Steps } from '../../base/steps.ts';
import { stackRows, type SparseMatrix } from '../baseline/sparse.ts';
import { createTfidfBuilder, type TfidfModel, type TfidfOptions } from '../baseline/tfidf.ts';
import { EmbeddingError } from './vectors.ts';

/** Words in five texts or more, 1 + ln tf: of the settings tried on the benchmark, those that cluster best, so the hardest to beat. */
export const tfidfDefaults = {
  ngramMax: 1,
  minDocumentCount: 5,
  sublinearTf: true,
} as const satisfies TfidfOptions;

/** Texts handled between two chances to stop. */
const chunkRows = 1000;

/**
 * TF-IDF vectors of texts, with vocabulary and idf learnt from themselves or from `reference`; norm 1, zero for texts without a known
 * word. Yields texts done, of those read twice. Throws `embedding-empty` where no word is frequent enough.
 */
export function* tfidfVectorSteps(
  texts: readonly string[],
  options: TfidfOptions = tfidfDefaults,
  reference: readonly string[] = texts,
): Steps<{ readonly model: TfidfModel; readonly vectors: SparseMatrix }> {
  const builder = createTfidfBuilder(options);
  for (let row = 0; row < reference.length; row += chunkRows) {
    builder.add(reference.slice(row, row + chunkRows));
    yield Math.min(row + chunkRows, reference.length);
  }
  const model = builder.finish();
  if (model.terms.length === 0)
    throw new EmbeddingError(
      'embedding-empty',
      `No word occurs in ${options.minDocumentCount} texts or more.`,
      'Lower the minimum document count, or add texts.',
    );
  const parts: SparseMatrix[] = [];
  for (let row = 0; row < texts.length; row += chunkRows) {
    parts.push(model.transform(texts.slice(row, row + chunkRows)));
    yield reference.length + Math.min(row + chunkRows, texts.length);
  }
  return { model, vectors: stackRows(parts, model.terms.length) };
}
