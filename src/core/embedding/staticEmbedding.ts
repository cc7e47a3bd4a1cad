import type { Steps } from '../../base/steps.ts';
import { EmbeddingError, normalise, type Vectors } from './vectors.ts';

/**
 * A static embedding: one vector a token, averaged (model2vec, MIT). With `mapping`, tokens share rows of `embeddings`; with `weights`,
 * each token's vector is scaled by its own.
 */
export interface StaticEmbedding {
  /** `[rows, width]` */
  readonly embeddings: Float32Array;
  readonly width: number;
  /** `[vocabulary]`; null for 1 each. */
  readonly weights: Float64Array | null;
  /** Token id -> row, `[vocabulary]`; null where they are the same. */
  readonly mapping: Float64Array | null;
  /** Vectors of norm 1 (`normalize` of its config.json). */
  readonly normalise: boolean;
  /** Ids that carry nothing and are left out: the unknown token's. */
  readonly skip: ReadonlySet<number>;
}

/** What of a safetensors file a static embedding is read from; `SafetensorsFile` of src/models fits. */
export interface TensorReader {
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
  read(name: string): Promise<Float32Array>;
  readF64(name: string): Promise<Float64Array>;
}

/**
 * Reads a model2vec folder: the tensors `embeddings` and, where there are, `weights` and `mapping`. Throws `embedding-model-invalid`.
 */
export async function readStaticEmbedding(
  file: TensorReader,
  config: { readonly normalize?: boolean },
  unknownId: number | null,
): Promise<StaticEmbedding> {
  const shapes = new Map(file.tensors.map(({ name, shape }) => [name, shape]));
  const [rows, width] = shapes.get('embeddings') ?? [];
  if (rows === undefined || width === undefined) throw invalid('it has no table of embeddings');
  const [embeddings, weights, mapping] = await Promise.all([
    file.read('embeddings'),
    shapes.has('weights') ? file.readF64('weights') : null,
    shapes.has('mapping') ? file.readF64('mapping') : null,
  ]);
  if (mapping?.some((row) => !(row >= 0 && row < rows)))
    throw invalid('its mapping points past its embeddings');
  const vocabulary = mapping?.length ?? rows;
  if (weights && weights.length !== vocabulary)
    throw invalid(`${weights.length} weights do not fit ${vocabulary} tokens`);
  if (embeddings.some((value) => !Number.isFinite(value)))
    throw invalid('its embeddings are not all numbers');
  const skip = new Set(unknownId === null ? [] : [unknownId]);
  return { embeddings, width, weights, mapping, normalise: config.normalize ?? true, skip };
}

/** Vectors of texts given as token ids, without special tokens; a text without known tokens is zero. Yields texts done. */
export function* embedStatic(model: StaticEmbedding, texts: readonly ArrayLike<number>[]): Steps<Vectors> {
  const { embeddings, width, weights, mapping, skip } = model;
  const vocabulary = mapping?.length ?? embeddings.length / width;
  const values = new Float32Array(texts.length * width);
  const sums = new Float64Array(width);
  for (const [text, ids] of texts.entries()) {
    sums.fill(0);
    let tokens = 0;
    for (let t = 0; t < ids.length; t++) {
      const id = ids[t] as number;
      if (skip.has(id) || id < 0 || id >= vocabulary) continue;
      const from = (mapping ? (mapping[id] as number) : id) * width;
      const weight = weights ? (weights[id] as number) : 1;
      for (let i = 0; i < width; i++)
        sums[i] = (sums[i] as number) + weight * (embeddings[from + i] as number);
      tokens++;
    }
    if (tokens > 0) for (let i = 0; i < width; i++) values[text * width + i] = (sums[i] as number) / tokens;
    if (text % 256 === 255) yield text + 1;
  }
  const vectors = { count: texts.length, width, values };
  return model.normalise ? normalise(vectors) : vectors;
}

function invalid(reason: string): EmbeddingError {
  return new EmbeddingError(
    'embedding-model-invalid',
    `This is not a usable static embedding: ${reason}.`,
    "Use a model2vec folder's model.safetensors with its tokenizer.json, and check that the download is whole.",
    { reason },
  );
}
