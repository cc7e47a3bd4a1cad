import type { ErrorWire } from '../../base/errors.ts';
import type { Spread } from '../../core/incubator/experiments/types.ts';

// Experiments that a cell keeps in its result. A variant is plain data with how far it has come, so that what was begun can be gone
// on with after a reload, with the settings of its time.

/** A value over seeds or folds. */
export type Measured = Spread;

export interface DoneVariant {
  readonly kind: 'done';
  readonly values: Readonly<Record<string, Measured>>;
  readonly elapsedMs: number;
}

/** `Done` adds what a cell keeps of a finished variant besides its values. */
export type KeptState<Done extends DoneVariant = DoneVariant> =
  | { readonly kind: 'waiting' }
  | Done
  | { readonly kind: 'failed'; readonly error: ErrorWire };

/** What is known of a variant before it has run. */
export interface KeptSpec {
  readonly id: string;
  readonly name: string;
  /** Points or bars of one colour. */
  readonly series: string;
  /** Where it stands on the axis. */
  readonly x: string | number;
  /** What the others are held against: drawn in grey. */
  readonly isReference: boolean;
}

export interface KeptVariant extends KeptSpec {
  readonly state: KeptState;
}

export interface KeptExperiment<Variant extends KeptVariant = KeptVariant> {
  readonly id: string;
  readonly startedAt: string;
  readonly seeds: number;
  readonly variants: readonly Variant[];
}

/** What a question is called and what is measured for it. */
export interface KeptTemplate {
  readonly title: string;
  readonly question: string;
  /** Name of the axis. */
  readonly axis: string;
  /** Values of a finished variant that are listed, the first one drawn first. */
  readonly metrics: readonly { readonly key: string; readonly name: string }[];
}
