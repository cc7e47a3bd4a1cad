import type { Progress } from '../../base/progress.ts';
import type { CleanedText, CleaningSteps } from '../../core/text/steps.ts';
import type { KeptPart } from '../../core/tokenizer/tokenizer.ts';
import type { ModelSource, TokenizerSource } from '../../models/files/sources.ts';

export type { TokenizerSource } from '../../models/files/sources.ts';

/** The paper's preprocessing, a switch a step. The paper has all four on; a cased XLNet vocabulary needs none. */
export type CleaningOptions = CleaningSteps;

/** Token ids of rows, laid end to end, special tokens included: row i is `ids[offsets[i] .. offsets[i + 1])`. */
export interface TokenTable {
  /** Hash over texts, cleaning and tokenizer (hex). */
  readonly hash: string;
  readonly rowIds: Uint32Array;
  readonly offsets: Uint32Array;
  readonly ids: Int32Array;
  /** Length of each row before truncation, in tokens. */
  readonly fullLengths: Uint32Array;
  /** Where texts were cut: the length asked for, or what the model's positions allow where that is less. */
  readonly maxLength: number;
  /** How the texts were cleaned: what is asked of a model trained on these rows is cleaned alike. Absent in tables of before. */
  readonly cleaning?: CleaningOptions;
}

export interface TextService {
  /** Cleaned forms of texts. */
  clean(texts: readonly string[], options: CleaningOptions): Promise<string[]>;
  /** A few texts after each step that is on, for the before/after examples. */
  trace(texts: readonly string[], options: CleaningOptions): Promise<CleanedText[][]>;
  /**
   * A model's tokenizer, checked against its config: embedded, from a dropped folder (spiece.model and vocabularies are converted), or
   * from the hub, where this call is the user's wish to download it (kept in OPFS; no weights are fetched).
   */
  openTokenizer(
    source: ModelSource,
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
  ): Promise<TokenizerSource>;
  /** One text's tokens and ids, special tokens included. */
  tokenize(text: string, tokenizer: TokenizerSource): Promise<{ tokens: string[]; ids: number[] }>;
  /**
   * Cleans and tokenises rows over the worker pool, cached in OPFS under a hash of text and settings.
   * `texts` fetches a batch of rows' texts (the corpus service's `texts`).
   */
  tokenizeRows(
    rowIds: Uint32Array,
    texts: readonly string[],
    cleaning: CleaningOptions,
    tokenizer: TokenizerSource,
    maxLength: number,
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
    /** What stays of texts that are too long; default: their beginning. */
    keeps?: KeptPart,
  ): Promise<TokenTable>;
}
