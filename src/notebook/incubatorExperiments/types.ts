import type { IncubatorTest } from '../../core/incubator/experiments/types.ts';
import type { DoneVariant, KeptExperiment, KeptSpec, KeptState } from '../keptExperiments/types.ts';

// Experiments over a generated set: a variant is a test of classifiers that learn from it.

export const incubatorExperimentIds = [
  'k',
  'method',
  'samples',
  'diversified',
  'dependence',
  'compound',
  'paraphrase',
] as const;
export type IncubatorExperimentId = (typeof incubatorExperimentIds)[number];

/** What a variant does: a test of the lab, or texts generated from another wording and then tested. */
export type VariantTest =
  | Exclude<IncubatorTest, { kind: 'other' }>
  | { readonly kind: 'paraphrase'; readonly instruction: string; readonly objects: number };

export interface IncubatorVariantSpec extends KeptSpec {
  readonly test: VariantTest;
}

export interface IncubatorDone extends DoneVariant {
  /** Texts that judged. */
  readonly judges: number;
}

export interface IncubatorVariant extends IncubatorVariantSpec {
  readonly state: KeptState<IncubatorDone>;
}

/** Which texts say whether a classifier is right. */
export interface JudgedBy {
  readonly kind: 'real' | 'heldOut';
  /** Real rows by class there were when it began; 0 for held-out objects. */
  readonly rows: number;
  /** The data that real rows are of; absent for held-out objects, and in experiments from before it was kept. */
  readonly dataHash?: string;
}

export interface IncubatorExperiment extends KeptExperiment<IncubatorVariant> {
  readonly id: IncubatorExperimentId;
  /** The set, its content as it was, and its name. */
  readonly setId: string;
  readonly setKey: string;
  readonly setName: string;
  readonly objects: number;
  readonly judgedBy: JudgedBy;
}
