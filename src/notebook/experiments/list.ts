import type { Experiment, Variant, VariantState } from './types.ts';

// Plain functions over the document's list of experiments. Unknown ids change nothing: a notebook may have been put in place
// of the one a run was started from.

export type Experiments = readonly Experiment[];

export interface VariantPlace {
  readonly experimentId: string;
  readonly variantId: string;
}

/** The list with a variant's state replaced. */
export function withState(list: Experiments, place: VariantPlace, state: VariantState): Experiments {
  return list.map((experiment) =>
    experiment.id === place.experimentId
      ? {
          ...experiment,
          variants: experiment.variants.map((variant) =>
            variant.id === place.variantId ? { ...variant, state } : variant,
          ),
        }
      : experiment,
  );
}

export function withoutVariant(list: Experiments, place: VariantPlace): Experiments {
  return list.map((experiment) =>
    experiment.id === place.experimentId
      ? { ...experiment, variants: experiment.variants.filter(({ id }) => id !== place.variantId) }
      : experiment,
  );
}

export function variantAt(
  list: Experiments,
  place: VariantPlace,
): { readonly experiment: Experiment; readonly variant: Variant } | null {
  const experiment = list.find(({ id }) => id === place.experimentId);
  const variant = experiment?.variants.find(({ id }) => id === place.variantId);
  return experiment && variant ? { experiment, variant } : null;
}

/** Still to do: not begun, or cut off. */
export function isOpen({ state }: Variant): boolean {
  return state.kind === 'pending' || state.kind === 'started';
}

/** The next variant to work on: what was cut off goes first, then the list's order. */
export function nextVariant(
  list: Experiments,
  experimentIds: readonly string[],
): { readonly experiment: Experiment; readonly variant: Variant } | null {
  for (const id of experimentIds) {
    const experiment = list.find((candidate) => candidate.id === id);
    const variant =
      experiment?.variants.find(({ state }) => state.kind === 'started') ??
      experiment?.variants.find(({ state }) => state.kind === 'pending');
    if (experiment && variant) return { experiment, variant };
  }
  return null;
}

export interface ExperimentCounts {
  readonly total: number;
  readonly done: number;
  readonly open: number;
  readonly failed: number;
  readonly skipped: number;
}

export function countVariants(variants: readonly Variant[]): ExperimentCounts {
  const of = (kind: VariantState['kind']) => variants.filter(({ state }) => state.kind === kind).length;
  return {
    total: variants.length,
    done: of('done'),
    open: variants.filter(isOpen).length,
    failed: of('failed'),
    skipped: of('skipped'),
  };
}
