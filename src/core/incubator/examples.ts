import { sparseCosine } from '../embedding/vectors.ts';
import { createTfidfBuilder } from '../baseline/tfidf.ts';
import type { LibraryExample } from './types.ts';
import { taskLibrary } from './library/index.ts';

export interface ChosenExample {
  readonly example: LibraryExample;
  /** Cosine of the descriptions. */
  readonly similarity: number;
}

/** Descriptions share these words whatever they are about. */
const common =
  /\b(?:build|make|create|write|need|want|please|can|that|which|a|an|the|classifier|classify|classifies|categori[sz]es?|tells?|apart|decides?|sorts?|recogni[sz]es?|detects?|separates?|rates?|routes?|whether|model|text|texts|by|into|as|and|or|to|of|for|me|i)\b/giu;

const topical = (text: string) => text.toLowerCase().replaceAll(common, ' ');

/**
 * The tasks of the library most similar to an instruction, by TF-IDF over descriptions, class names and samples; those that are the
 * instruction itself are left out, so that no answer is handed over. Ties keep the library's order.
 */
export function chooseExamples(
  instruction: string,
  count: number,
  library: readonly LibraryExample[] = taskLibrary,
): readonly ChosenExample[] {
  if (count <= 0 || library.length === 0) return [];
  const own = topical(instruction).replaceAll(/\W+/gu, ' ').trim();
  const texts = library.map(({ description, labels, samples }) =>
    // What a task is about counts twice: samples hold many more words.
    topical(`${description} ${labels.join(' ')} ${description} ${samples.flat().join(' ')}`),
  );
  const builder = createTfidfBuilder({ ngramMax: 1, minDocumentCount: 1, sublinearTf: true });
  builder.add(texts);
  const model = builder.finish();
  const vectors = model.transform(texts);
  const query = model.transform([topical(instruction)]);
  return library
    .map((example, at) => ({ example, similarity: sparseCosine(query, 0, vectors, at) }))
    .filter(({ example }) => topical(example.description).replaceAll(/\W+/gu, ' ').trim() !== own)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, count);
}
