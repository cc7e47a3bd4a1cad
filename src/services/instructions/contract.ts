import type { Progress } from '../../base/progress.ts';
import type { SparseMatrix } from '../../core/baseline/sparse.ts';
import type { TfidfOptions } from '../../core/baseline/tfidf.ts';
import type { Vectors } from '../../core/embedding/vectors.ts';
import type { ExtractorKind } from '../../core/verbNoun/extractors.ts';

/** Categories of many texts, small enough to cross threads at once: distinct pairs once, rows by number. */
export interface ExtractedCategories {
  /** Distinct `verb|noun`, in the order in which they were met. */
  readonly pairs: readonly string[];
  /** Pair of each text, -1 where it has none. */
  readonly primary: Int32Array;
  /** Text i has the steps `steps[stepOffsets[i] .. stepOffsets[i + 1])`, its primary pair first. */
  readonly stepOffsets: Uint32Array;
  readonly steps: Uint32Array;
}

export interface StaticModelFiles {
  readonly safetensors: Blob;
  readonly tokenizerJson: string;
  /** config.json; only `normalize` is read. */
  readonly configJson: string;
}

/** What reads instructions: their task categories, and the vectors that need no neural network. */
export interface InstructionsService {
  /** Throws `tagger-unavailable`, `aborted`. */
  extract(
    texts: readonly string[],
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
    /** Default: `wink`. */
    extractor?: ExtractorKind,
  ): Promise<ExtractedCategories>;
  /** TF-IDF vectors of norm 1, words and idf learnt from `reference` (default: the texts). Throws `embedding-empty`, `aborted`. */
  tfidf(
    texts: readonly string[],
    options: TfidfOptions,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
    reference?: readonly string[],
  ): Promise<SparseMatrix>;
  /** LSA of TF-IDF, fitted on `reference` (default: the texts), rows of norm 1. Throws `embedding-rank`, `embedding-empty`, `aborted`. */
  lsa(
    texts: readonly string[],
    options: TfidfOptions & { readonly rank: number; readonly seed: number },
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
    reference?: readonly string[],
  ): Promise<Vectors>;
  /**
   * The files of a model2vec repository, from the hub or from what is kept of it. Asking is the user's wish to download. Throws what
   * the hub's files throw, `aborted`.
   */
  openStatic(
    repository: string,
    revision: string,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<StaticModelFiles>;
  /** A model2vec folder's vectors. Throws `embedding-model-invalid`, `safetensors-*`, `tokenizer-*`, `aborted`. */
  staticEmbedding(
    texts: readonly string[],
    files: StaticModelFiles,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Vectors>;
}
