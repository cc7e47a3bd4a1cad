import type { ErrorWire } from '../../base/errors.ts';
import type { NotebookParameters } from '../parameters.ts';
import type { Plain } from '../plain.ts';

// An experiment as the document keeps it: settings at its start, and a list of variants with how far each has come.

export const templateIds = [
  'threshold',
  'preprocessing',
  'folds',
  'seeds',
  'learning-rate',
  'loss',
  'length',
  'models',
  'truncation',
  'long-texts',
  'picking',
  'encodings',
  'rows',
] as const;
export type TemplateId = (typeof templateIds)[number];

/** One of `of` stratified folds is the test part; its number counts from 0. */
export interface FoldChoice {
  readonly index: number;
  readonly of: number;
}

/** Thresholded scores of one part of the split. Shares. */
export interface VariantScores {
  readonly microF1: number;
  readonly macroF1: number;
  readonly weightedF1: number;
  readonly samplesF1: number;
  readonly labelAccuracy: number;
  readonly subsetAccuracy: number;
}

/** Ways to choose decision thresholds, by the ids of `thresholdPickers`. */
export const pickingIds = [
  'fixed',
  'global',
  'per-label',
  'expected-f1-global',
  'expected-f1-per-label',
] as const;
export type PickingId = (typeof pickingIds)[number];

/** What a row is and what is judged: steps, whole articles, or steps with one answer an article. */
export const rowUnits = ['steps', 'articles', 'steps-by-article'] as const;
export type RowUnitId = (typeof rowUnits)[number];

/** What a variant's model costs, and how far its judged outputs contradict the labels' hierarchy. */
export interface VariantCost {
  readonly parameters: number;
  /** Of these, what the label encoding adds. */
  readonly addedParameters: number;
  /** Pairs of child and parent among the labels. */
  readonly edges: number;
  /** Judged cells with a parent; those more probable than it; those predicted where it is not. */
  readonly checked: number;
  readonly contradicted: number;
  readonly predictedAlone: number;
}

/** What is kept of a finished variant; its outputs lie with the run (or, of a reference, in the browser's storage). */
export interface VariantResult {
  /** The trainer's run, or the key of a reference's outputs. */
  readonly runId: string;
  readonly modelName: string;
  readonly device: string;
  readonly seed: number | null;
  readonly dataHash: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly step: number;
  readonly totalSteps: number;
  readonly bestStep: number | null;
  readonly tokensPerSecond: number | null;
  readonly rows: { readonly train: number | null; readonly validation: number; readonly judged: number };
  readonly labels: number;
  /** Absent where the run's files could not be read, and in results from before it existed. */
  readonly cost?: VariantCost | undefined;
  /** Which rows `scores` are about: validation only where the split has no test rows. */
  readonly judged: 'test' | 'validation';
  /** Fingerprint of the judged rows and labels: equal where two variants can be compared row by row. */
  readonly rowsHash: string;
  /** Decided at 0.5, or as the variant picks thresholds. */
  readonly scores: VariantScores;
  /** On the validation rows, at 0.5; null where there are none. */
  readonly validation: VariantScores | null;
  /** Decided at the one threshold with the best micro-F1 on validation rows; null without them. */
  readonly tuned: { readonly threshold: number; readonly scores: VariantScores } | null;
  readonly allZero: VariantScores;
  readonly labelPrior: VariantScores;
  /** By label, in the order of the run's labels. */
  readonly perLabel: {
    readonly names: readonly string[];
    readonly support: readonly number[];
    readonly f1: readonly number[];
    /** At `tuned.threshold`. */
    readonly tunedF1: readonly number[] | null;
  };
}

export type VariantState =
  | { readonly kind: 'pending' }
  /** Under way, or cut off: then `runId` names what can be resumed. */
  | {
      readonly kind: 'started';
      readonly runId: string;
      readonly startedAt: string;
      /** Null until the rows are dealt. */
      readonly trainRows: number | null;
    }
  | { readonly kind: 'done'; readonly result: VariantResult }
  | { readonly kind: 'failed'; readonly error: ErrorWire; readonly runId: string | null }
  | { readonly kind: 'skipped'; readonly why: string };

export interface Variant {
  readonly id: string;
  readonly kind: 'network' | 'reference';
  /** What tells it from the others: `threshold 300`. */
  readonly name: string;
  /** Where it stands on the plot; null for a reference that belongs to all of them. */
  readonly x: number | string | null;
  /** Part of `NotebookParameters`: what differs from the experiment's settings. */
  readonly patch: Plain;
  readonly fold: FoldChoice | null;
  /** How its thresholds are picked, on validation rows; absent: 0.5. Variants that differ in nothing else share one run. */
  readonly picking?: PickingId | undefined;
  /** Absent: rows as they are. */
  readonly rows?: RowUnitId | undefined;
  readonly state: VariantState;
}

export interface Experiment {
  readonly id: string;
  readonly template: TemplateId;
  readonly title: string;
  readonly createdAt: string;
  /** The notebook's settings when it was made: later changes leave it as it is. */
  readonly base: NotebookParameters;
  readonly dataHash: string;
  readonly variants: readonly Variant[];
}
