import type { Progress } from '../../base/progress.ts';
import { inSteps, type Steps } from '../../base/steps.ts';
import type { TfidfOptions } from '../../core/baseline/tfidf.ts';
import { lsaSteps } from '../../core/embedding/lsa.ts';
import { embedStatic, readStaticEmbedding } from '../../core/embedding/staticEmbedding.ts';
import { tfidfVectorSteps } from '../../core/embedding/tfidfVectors.ts';
import { normalise, EmbeddingError, type Vectors } from '../../core/embedding/vectors.ts';
import { loadTokenizer, type TextTokenizer } from '../../core/tokenizer/tokenizer.ts';
import { categoryKey } from '../../core/verbNoun/category.ts';
import type { Extraction } from '../../core/verbNoun/extract.ts';
import { loadExtractor, type ExtractorKind } from '../../core/verbNoun/extractors.ts';
import { hubFile, hubRepository } from '../../models/files/hub.ts';
import { openSafetensors } from '../../models/files/safetensors.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { transfer } from '../rpc.ts';
import type { ExtractedCategories, InstructionsService, StaticModelFiles } from './contract.ts';

type Report = (progress: Progress) => void;

/** The instructions service. Runs in workers/instructions.ts. `storage`: where models of the hub are kept. */
export class Instructions implements InstructionsService {
  constructor(private readonly storage: ModelStorage) {}

  async openStatic(repository: string, revision: string, onProgress: Report, signal: AbortSignal) {
    const options = { signal, onProgress };
    const hub = await hubRepository(repository, revision, this.storage, options);
    const file = (name: string) => hubFile(hub, name, this.storage, options);
    const tokenizerJson = await (await file('tokenizer.json')).text();
    const configJson = hub.files.has('config.json') ? await (await file('config.json')).text() : '{}';
    return { safetensors: await file('model.safetensors'), tokenizerJson, configJson };
  }

  async extract(
    texts: readonly string[],
    onProgress: Report,
    signal: AbortSignal,
    extractor: ExtractorKind = 'wink',
  ) {
    const extract = await loadExtractor(extractor);
    const steps = extractAll(texts, extract);
    const found = await inSteps('finding verbs and nouns', texts.length, steps, { signal, onProgress });
    return transfer(found, [
      found.primary.buffer,
      found.stepOffsets.buffer,
      found.steps.buffer,
    ] as ArrayBuffer[]);
  }

  async tfidf(
    texts: readonly string[],
    options: TfidfOptions,
    onProgress: Report,
    signal: AbortSignal,
    reference: readonly string[] = texts,
  ) {
    const steps = tfidfVectorSteps(texts, options, reference);
    const total = texts.length + reference.length;
    const { vectors } = await inSteps('TF-IDF', total, steps, { signal, onProgress });
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
    reference?: readonly string[],
  ) {
    const task = { signal, onProgress };
    const fitted = reference ?? texts;
    const steps = tfidfVectorSteps(fitted, options);
    const { model, vectors: x } = await inSteps('TF-IDF', 2 * fitted.length, steps, task);
    const lsa = await inSteps('LSA', 12, lsaSteps(x, options), task);
    return handed(normalise(reference ? lsa.transform(model.transform(texts)) : lsa.vectors));
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
