import type { Progress } from '../../base/progress.ts';
import type { Pooling } from '../../core/embedding/pooling.ts';
import type { Vectors } from '../../core/embedding/vectors.ts';
import type { ModelSource } from '../../models/files/sources.ts';

/** How a text becomes a model's input and its hidden states a vector. */
export interface EmbedRequest {
  readonly pooling: Pooling;
  /** `{instruction}` stands for the text, once. */
  readonly template: string;
  /** Close a text that does not end in `. ? " '`, as PIE does for clustering. */
  readonly addPeriod: boolean;
  /** Tokens, template and special tokens included. Longer texts are cut inside the template's slot, and the template before them. */
  readonly maxLength: number;
}

export interface EncoderRequest extends EmbedRequest {
  readonly source: ModelSource;
  readonly lowering: 'auto' | 'webgpu' | 'onnx';
}

export interface HubRequest extends EmbedRequest {
  /** A repository with ONNX weights, e.g. `Xenova/all-MiniLM-L6-v2`. */
  readonly repository: string;
  /** A branch, tag or commit; files and remembered vectors are those of the commit that it names. */
  readonly revision: string;
  readonly dtype: 'fp32' | 'fp16' | 'q8';
  readonly device: 'wasm' | 'webgpu';
}

/** What the texts came to in tokens. */
export interface TokenCounts {
  /** The template alone, special tokens included. */
  readonly template: number;
  readonly mean: number;
  readonly longest: number;
  /** Texts that were cut. */
  readonly truncated: number;
  /** Words at the prompt's beginning that were left out so that texts have room; empty where it stands whole. */
  readonly dropped: string;
}

export interface Embedded {
  readonly vectors: Vectors;
  /** Over texts, model and request (hex): what the cache goes by. */
  readonly hash: string;
  readonly fromCache: boolean;
  /** Null where the cache does not know them. */
  readonly tokens: TokenCounts | null;
  readonly model: string;
  readonly device: string;
}

type Report = (progress: Progress) => void;

/** Vectors from neural encoders. Batched by length; cached in the OPFS by content hash. */
export interface EmbedderService {
  /** Any encoder the engine loads. Throws what opening a model throws, `embedding-empty`, `template-invalid`, `prompt-too-long`, `aborted`. */
  encode(
    texts: readonly string[],
    request: EncoderRequest,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<Embedded>;
  /** A hub model through transformers.js. Its files come from the hub at this call. Throws `hub-model-missing`, `hub-model-failed`, `embedding-shape`, `prompt-too-long`, `aborted`. */
  hub(
    texts: readonly string[],
    request: HubRequest,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<Embedded>;
}
