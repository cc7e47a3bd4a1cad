import type { Pooling } from '../core/embedding/pooling.ts';
import type { Dims, Graph } from '../engine/graph/types.ts';
import type { Feed } from '../engine/session.ts';
import type { TrainedParts } from './adapters/trainedParts.ts';
import type { HeadGraph } from './encodings/headGraph.ts';
import type { ClassificationLoss } from './loss.ts';
import type { PackedBatch, TensorInfo } from './trainable.ts';

/** The most a micro-batch may hold. */
export interface BatchCapacity {
  readonly tokens: number;
  readonly sequences: number;
  readonly maxLength: number;
  /** Rows of memory a sequence may have: longer texts are read in segments of `maxLength`; absent: there is no memory. */
  readonly memoryLength?: number;
  /** Tokens of the longest optimizer step that will be asked for; absent: not known. A plan that updates by layer needs them in one pass. */
  readonly stepTokens?: number;
}

/** What a graph makes of hidden states in place of labels. */
export interface PooledOptions {
  readonly pooling: Pooling;
  /**
   * What is minimised. `contrastive`: InfoNCE over the vectors of one micro-batch. `given`: the vectors' gradients come from outside
   * (over a batch of several micro-batches). Null: no gradients.
   */
  readonly loss: VectorLoss | null;
}

export type VectorLoss =
  | { readonly kind: 'contrastive'; readonly temperature: number }
  | { readonly kind: 'given' };

export interface GraphOptions {
  /** Outputs of the last linear layer. */
  readonly labelCount: number;
  readonly training: boolean;
  /** Replaces the configured dropout; null: as configured. */
  readonly dropout: number | null;
  /** Keeps every layer's hidden state readable as `hidden.0` ... `hidden.n`. */
  readonly keepHidden?: boolean;
  /** The graph reads memory, and without training gives what the next segment's is made of. Only of a definition with `recurrence`. */
  readonly memory?: boolean;
  /** Default: everything trains. */
  readonly trained?: TrainedParts;
  /** Default: plain binary cross-entropy. */
  readonly loss?: ClassificationLoss;
  /** What the label encoding adds; default: nothing. */
  readonly head?: HeadGraph;
  /** A vector a text in place of the head, its labels and their loss. */
  readonly pooled?: PooledOptions;
}

export interface FeedContext {
  readonly seed: number;
  readonly lossScale: number;
  readonly lengthMultiple: number;
  /** Whether the graph reads memory. */
  readonly memory?: boolean;
}

/** One architecture with one configuration: how its graph is built and how batches become its inputs. */
export interface ModelDefinition {
  readonly vocabularySize: number;
  /** Longest sequence the position embeddings allow; null: no limit. */
  readonly maxPositions: number | null;
  /** Standard deviation of fresh weights. */
  readonly initializerRange: number;
  /** Tensors that a pretrained file may lack: they belong to the task and start fresh. */
  readonly headPrefixes: readonly string[];
  /** Tensors of other tasks' heads, passed over in a file. */
  readonly ignoredPrefixes: readonly string[];
  /** The prefix that some published files leave out. */
  readonly namePrefix: string;
  /** Published tensors that take no part in fine-tuning but belong into a saved file. */
  readonly passthrough: readonly TensorInfo[];
  /** Set where the model can be read segment by segment: its layers and their width. */
  readonly recurrence?: { readonly layers: number; readonly width: number };
  /** Special tokens that its tokenizer puts before and after every text; absent: none are known. */
  readonly specials?: { readonly before: number; readonly after: number };
  graph(options: GraphOptions): Graph;
  capacity(capacity: BatchCapacity): Dims;
  feed(batch: PackedBatch, options: FeedContext): Feed;
  segmentIds(ids: Int32Array): Int32Array;
}

/** An architecture: reads a `config.json` of its `model_type`; throws `config-invalid`. */
export interface ModelFamily {
  readonly modelType: string;
  create(config: unknown): ModelDefinition;
}
