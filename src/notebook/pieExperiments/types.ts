import type { DoneVariant, KeptExperiment, KeptSpec, KeptState } from '../keptExperiments/types.ts';
import type { EmbeddingParameters, TuningParameters } from '../parameters.ts';

// Experiments over embeddings: a variant is an embedding and a test of it.

export const pieExperimentIds = [
  'prompt',
  'length',
  'pooling',
  'extraction',
  'negatives',
  'domains',
  'nuance',
  'steps',
] as const;
export type PieExperimentId = (typeof pieExperimentIds)[number];

/** Which categories clusters are held against. */
export type TruthKind = 'labels' | 'wink' | 'compromise';

/** How an embedding is tested. */
export type PieTest =
  /** k-means against categories. `set`: a further data set by name, absent for the open one. */
  | {
      readonly kind: 'clusters';
      readonly truth: TruthKind;
      readonly set?: string;
      readonly learnsFrom?: 'itself' | 'open';
      /** Only texts of the categories that the experiment's own tuning does not see. */
      readonly isHeldOut?: boolean;
    }
  /** What a linear probe reads: verb, noun, topic of the other words. */
  | { readonly kind: 'probe' }
  /** Whether the nearest text asks for the same, among texts of one step or of several. */
  | { readonly kind: 'neighbours'; readonly steps: 'one' | 'several' };

export interface PieVariantSpec extends KeptSpec {
  readonly embedding: EmbeddingParameters;
  readonly test: PieTest;
  /** An encoder is tuned for it first, on texts of the other categories; `embedding` then says how it is read. Absent: none. */
  readonly tune?: TuningParameters;
}

export interface PieDone extends DoneVariant {
  readonly width: number;
  readonly rows: number;
  /** Of the prompt; null where there is none, or the cache does not know. */
  readonly promptTokens: number | null;
  /** Words of the prompt that were left out for want of room; absent: none. */
  readonly promptDropped?: string;
  readonly device: string;
}

export interface PieVariant extends PieVariantSpec {
  readonly state: KeptState<PieDone>;
}

export interface PieExperiment extends KeptExperiment<PieVariant> {
  readonly id: PieExperimentId;
  readonly dataHash: string;
  /** Texts that a variant reads at most, drawn at random; null: all. */
  readonly rows: number | null;
}
