import type { ErrorWire } from '../../base/errors.ts';
import type { IncubatorTest, Spread } from '../../core/incubator/experiments/types.ts';

// Experiments over a generated set. A variant is a test as plain data, so that what was begun can be gone on with after a reload.

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

export interface IncubatorVariantSpec {
  readonly id: string;
  readonly name: string;
  /** Points of one colour. */
  readonly series: string;
  /** Where it stands on the axis. */
  readonly x: string | number;
  readonly test: VariantTest;
  /** What the others are held against: drawn in grey. */
  readonly isReference: boolean;
}

export type IncubatorVariantState =
  | { readonly kind: 'waiting' }
  | {
      readonly kind: 'done';
      readonly values: Readonly<Record<string, Spread>>;
      /** Texts that judged. */
      readonly judges: number;
      readonly elapsedMs: number;
    }
  | { readonly kind: 'failed'; readonly error: ErrorWire };

export interface IncubatorVariant extends IncubatorVariantSpec {
  readonly state: IncubatorVariantState;
}

/** Which texts say whether a classifier is right. */
export interface JudgedBy {
  readonly kind: 'real' | 'heldOut';
  /** Real rows by class there were when it began; 0 for held-out objects. */
  readonly rows: number;
}

export interface IncubatorExperiment {
  readonly id: IncubatorExperimentId;
  readonly startedAt: string;
  /** The set, its content as it was, and its name. */
  readonly setId: string;
  readonly setKey: string;
  readonly setName: string;
  readonly objects: number;
  readonly judgedBy: JudgedBy;
  readonly seeds: number;
  readonly variants: readonly IncubatorVariant[];
}

/** Experiments out of a cell's kept result; what is none is passed over. */
export function readIncubatorExperiments(summary: unknown): readonly IncubatorExperiment[] {
  const list = (summary as { readonly experiments?: unknown } | null | undefined)?.experiments;
  if (!Array.isArray(list)) return [];
  return (list as readonly Partial<IncubatorExperiment>[]).filter(
    (one): one is IncubatorExperiment =>
      incubatorExperimentIds.includes(one.id as IncubatorExperimentId) && Array.isArray(one.variants),
  );
}

/** The list with this experiment in place of the last of its kind. */
export function withIncubatorExperiment(
  list: readonly IncubatorExperiment[],
  experiment: IncubatorExperiment,
): readonly IncubatorExperiment[] {
  return list.some(({ id }) => id === experiment.id)
    ? list.map((one) => (one.id === experiment.id ? experiment : one))
    : [...list, experiment];
}

/** The experiment with a variant's state replaced. */
export function withVariantState(
  experiment: IncubatorExperiment,
  variantId: string,
  state: IncubatorVariantState,
): IncubatorExperiment {
  const variants = experiment.variants.map((variant) =>
    variant.id === variantId ? { ...variant, state } : variant,
  );
  return { ...experiment, variants };
}

export const isWaiting = ({ variants }: IncubatorExperiment): boolean =>
  variants.some(({ state }) => state.kind === 'waiting');
