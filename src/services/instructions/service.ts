import type { Progress } from '../../base/progress.ts';
import { inSteps, type Steps } from '../../base/steps.ts';
import type { TfidfOptions } from '../../core/baseline/tfidf.ts';
import { lsaSteps } from '../../core/embedding/lsa.ts';
import { embedStatic, readStaticEmbedding } from '../../core/embedding/staticEmbedding.ts';
import { tfidfVectorSteps } from '../../core/embedding/tfidfVectors.ts';
import { normalise, EmbeddingError, type Vectors } from '../../core/embedding/vectors.ts';
import { loadTokenizer, type TextTokenizer } from '../../core/tokenizer/tokenizer.ts';
import { categoryKey } from '../../core/verbNoun/category.ts';
import { createExtractor, type Extraction } from '../../core/verbNoun/extract.ts';
import { loadTagger } from '../../core/verbNoun/tagger.ts';
import { openSafetensors } from '../../models/files/safetensors.ts';
import { transfer } from '../rpc.ts';
import type { ExtractedCategories, InstructionsService, StaticModelFiles } from './contract.ts';

type Report = (progress: Progress) => void;

/** The instructions service. Runs in workers/instructions.ts. */
export class Instructions implements InstructionsService {
  async extract(texts: readonly string[], onProgress: Report, signal: AbortSignal) {
    const extract = createExtractor(await loadTagger());
    const steps = extractAll(texts, extract);
    const found = await inSteps('finding verbs and nouns', texts.length, steps, { signal, onProgress });
    return transfer(found, [
      found.primary.buffer,
      found.stepOffsets.buffer,
      found.steps.buffer,
    ] as ArrayBuffer[]);
  }

  async tfidf(texts: readonly string[], options: TfidfOptions, onProgress: Report, signal: AbortSignal) {
    const steps = tfidfVectorSteps(texts, options);
    const { vectors } = await inSteps('TF-IDF', 2 * texts.length, steps, { signal, onProgress });
    return transfer(vectors, [
      vectors.offsets.buffer,
      vectors.columns.buffer,
      vectors.values.buffer,
    ] as ArrayBuffer[]);
  }

  async lsa(
    texts: readonly string[],
    options: TfidfOptions & { readonly rank: number; readonly seed: number },
    onProgress: Report,
    signal: AbortSignal,
  ) {
    const task = { signal, onProgress };
    const { vectors: x } = await inSteps('TF-IDF', 2 * texts.length, tfidfVectorSteps(texts, options), task);
    const { vectors } = await inSteps('LSA', 12, lsaSteps(x, options), task);
    return handed(normalise(vectors));
  }

  async staticEmbedding(
    texts: readonly string[],
    files: StaticModelFiles,
    onProgress: Report,
    signal: AbortSignal,
  ) {
    // Its tokenizer.json says all; transformers' own settings file is not part of such a folder.
    const tokenizer = loadTokenizer({ tokenizerJson: files.tokenizerJson, tokenizerConfigJson: '{}' });
    const unknown = tokenizer.idOf('[UNK]') ?? tokenizer.idOf('<unk>');
    const model = await readStaticEmbedding(await openSafetensors(files.safetensors), config(files), unknown);
    const task = { signal, onProgress };
    const ids = await inSteps('tokenising', texts.length, tokenizeAll(tokenizer, texts), task);
    return handed(await inSteps('averaging', texts.length, embedStatic(model, ids), task));
  }
}

function handed(vectors: Vectors): Vectors {
  return transfer(vectors, [vectors.values.buffer as ArrayBuffer]);
}

function* extractAll(
  texts: readonly string[],
  extract: (text: string) => Extraction,
): Steps<ExtractedCategories> {
  const index = new Map<string, number>();
  const primary = new Int32Array(texts.length).fill(-1);
  const stepOffsets = new Uint32Array(texts.length + 1);
  const steps: number[] = [];
  for (const [row, text] of texts.entries()) {
    for (const category of extract(text).steps) {
      const key = categoryKey(category);
      const id = index.get(key) ?? index.size;
      index.set(key, id);
      if (primary[row] === -1) primary[row] = id;
      steps.push(id);
    }
    stepOffsets[row + 1] = steps.length;
    if (row % 32 === 31) yield row + 1;
  }
  return { pairs: [...index.keys()], primary, stepOffsets, steps: Uint32Array.from(steps) };
}

/** Ids of the texts alone: special tokens say nothing in an average. */
function* tokenizeAll(tokenizer: TextTokenizer, texts: readonly string[]): Steps<Int32Array[]> {
  const { before, after } = tokenizer.template;
  const ids: Int32Array[] = [];
  for (const text of texts) {
    const encoded = tokenizer.encode(text).ids;
    ids.push(encoded.subarray(before.length, encoded.length - after.length));
    if (ids.length % 64 === 0) yield ids.length;
  }
  return ids;
}

function config({ configJson }: StaticModelFiles): { readonly normalize?: boolean } {
  try {
    const parsed: unknown = JSON.parse(configJson);
    const normalize =
      typeof parsed === 'object' && parsed !== null && 'normalize' in parsed ? parsed.normalize : undefined;
    return typeof normalize === 'boolean' ? { normalize } : {};
  } catch (cause) {
    throw new EmbeddingError(
      'embedding-model-invalid',
      'The config.json of the static embedding is no JSON.',
      'Use the files of one model2vec folder as they are.',
      {},
      cause,
    );
  }
}
