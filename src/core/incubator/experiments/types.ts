import { VerbenaError } from '../../../base/errors.ts';
import type { Semantics } from '../../mining/evaluate.ts';
import type { DiversifyMethod } from '../diversity/choose.ts';
import type { GeneratedSet } from '../types.ts';

/** What one variant of an experiment does with a generated set. Plain data. */
export type IncubatorTest =
  /** Trains on so many objects, drawn by the seed; null: on all. */
  | { readonly kind: 'size'; readonly objects: number | null }
  /** Trains on as many real rows of each class: what generated ones are held against. */
  | { readonly kind: 'real'; readonly objects: number }
  /** Keeps K objects of each batch and trains on these. */
  | {
      readonly kind: 'choose';
      readonly method: DiversifyMethod;
      readonly k: number;
      readonly batchSize: number;
    }
  /** The first `classes` classes, and beyond them “other” out of the rest; all where `classes` is their number. */
  | { readonly kind: 'dependence'; readonly classes: number; readonly training: 'joint' | 'independent' }
  /** Ranks the judging texts by random formulas of so many concepts. */
  | { readonly kind: 'compound'; readonly operands: number; readonly semantics: Semantics }
  /** Trains on another set of the same classes, e.g. from a paraphrased instruction. */
  | { readonly kind: 'other'; readonly set: GeneratedSet; readonly objects: number };

/** Over seeds. */
export interface Spread {
  readonly mean: number;
  /** Of the sample; 0 where there is one value. */
  readonly deviation: number;
}

export class IncubatorExperimentError extends VerbenaError<
  'experiment-set-small' | 'experiment-no-formula' | 'experiment-no-real-rows' | 'experiment-other-classes'
> {}

/** Mean and sample deviation. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}
