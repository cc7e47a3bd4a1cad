import type { ErrorWire } from '../../base/errors.ts';
import type { EmbeddingParameters } from '../parameters.ts';

// Experiments over embeddings. A variant is an embedding and a test of it; both are plain data, so that what was begun can be gone on
// with after a reload, with the settings of its time.

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
    }
  /** What a linear probe reads: verb, noun, topic of the other words. */
  | { readonly kind: 'probe' }
  /** Whether the nearest text asks for the same, among texts of one step or of several. */
  | { readonly kind: 'neighbours'; readonly steps: 'one' | 'several' };

export interface PieVariantSpec {
  readonly id: string;
  readonly name: string;
  /** Bars of one colour. */
  readonly series: string;
  /** Where it stands on the axis. */
  readonly x: string | number;
  readonly embedding: EmbeddingParameters;
  readonly test: PieTest;
  /** The TF-IDF row, which every experiment has. */
  readonly isReference: boolean;
}

export interface Measured {
  readonly mean: number;
  /** Over seeds or folds; 0 where there is one. */
  readonly deviation: number;
}

export type PieState =
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'done';
      readonly values: Readonly<Record<string, Measured>>;
      readonly width: number;
      readonly rows: number;
      /** Of the prompt; null where vectors came from the cache or there are none. */
      readonly promptTokens: number | null;
      readonly device: string;
      readonly elapsedMs: number;
    }
  | { readonly kind: 'failed'; readonly error: ErrorWire };

export interface PieVariant extends PieVariantSpec {
  readonly state: PieState;
}

export interface PieExperiment {
  readonly id: PieExperimentId;
  readonly startedAt: string;
  readonly dataHash: string;
  /** Settings of its time. */
  readonly seeds: number;
  readonly rows: number | null;
  readonly variants: readonly PieVariant[];
}

/** Experiments out of a cell's kept result; what is none is passed over. */
export function readPieExperiments(summary: unknown): readonly PieExperiment[] {
  const list = (summary as { readonly experiments?: unknown } | null | undefined)?.experiments;
  if (!Array.isArray(list)) return [];
  return (list as readonly Partial<PieExperiment>[]).filter(
    (one): one is PieExperiment =>
      pieExperimentIds.includes(one.id as PieExperimentId) && Array.isArray(one.variants),
  );
}

/** The list with this experiment in place of the last of its kind. */
export function withPieExperiment(
  list: readonly PieExperiment[],
  experiment: PieExperiment,
): readonly PieExperiment[] {
  return list.some(({ id }) => id === experiment.id)
    ? list.map((one) => (one.id === experiment.id ? experiment : one))
    : [...list, experiment];
}

/** The experiment with a variant's state replaced. */
export function withPieState(experiment: PieExperiment, variantId: string, state: PieState): PieExperiment {
  const variants = experiment.variants.map((variant) =>
    variant.id === variantId ? { ...variant, state } : variant,
  );
  return { ...experiment, variants };
}

export const isWaiting = ({ variants }: PieExperiment): boolean =>
  variants.some(({ state }) => state.kind === 'waiting');
