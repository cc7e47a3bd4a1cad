import type { KeptExperiment, KeptState, KeptVariant, Measured } from './types.ts';

/** Experiments of these ids out of a cell's kept result; what is none is passed over. */
export function readKept<Experiment extends KeptExperiment>(
  ids: readonly Experiment['id'][],
  summary: unknown,
): readonly Experiment[] {
  const list = (summary as { readonly experiments?: unknown } | null | undefined)?.experiments;
  if (!Array.isArray(list)) return [];
  return (list as readonly Partial<Experiment>[]).filter(
    (one): one is Experiment => ids.some((id) => id === one.id) && Array.isArray(one.variants),
  );
}

/** The list with this experiment in place of the last of its kind. */
export function withExperiment<Experiment extends KeptExperiment>(
  list: readonly Experiment[],
  experiment: Experiment,
): readonly Experiment[] {
  return list.some(({ id }) => id === experiment.id)
    ? list.map((one) => (one.id === experiment.id ? experiment : one))
    : [...list, experiment];
}

/** The experiment with a variant's state replaced. */
export function withState<Experiment extends KeptExperiment>(
  experiment: Experiment,
  variantId: string,
  state: Experiment['variants'][number]['state'] | Exclude<KeptState, { kind: 'done' }>,
): Experiment {
  const variants = experiment.variants.map((variant) =>
    variant.id === variantId ? { ...variant, state } : variant,
  );
  return { ...experiment, variants };
}

export const isWaiting = ({ variants }: KeptExperiment): boolean =>
  variants.some(({ state }) => state.kind === 'waiting');

/** How many variants are in a state. */
export const countOf = (
  { variants }: Pick<KeptExperiment, 'variants'>,
  kind: KeptVariant['state']['kind'],
): number => variants.filter(({ state }) => state.kind === kind).length;

/** A variant that has run, and what was measured. */
export interface Finished<Variant extends KeptVariant = KeptVariant> {
  readonly variant: Variant;
  readonly values: Readonly<Record<string, Measured>>;
}

/** In the order of the plan. */
export const finished = <Variant extends KeptVariant>({
  variants,
}: KeptExperiment<Variant>): readonly Finished<Variant>[] =>
  variants.flatMap((variant) =>
    variant.state.kind === 'done' ? [{ variant, values: variant.state.values }] : [],
  );

/** Of what has not run. */
export const nothing: Measured = { mean: Number.NaN, deviation: 0 };

/** A value of a finished variant; not a number where it was not measured. */
export const measured = ({ values }: Pick<Finished, 'values'>, key: string): Measured =>
  values[key] ?? nothing;

/** The first of the finished variants with the highest mean. */
export const best = <One extends Pick<Finished, 'values'>>(
  done: readonly One[],
  key: string,
): One | undefined =>
  done.reduce<One | undefined>(
    (a, b) => (!a || measured(b, key).mean > measured(a, key).mean ? b : a),
    undefined,
  );

/** Whether two means differ by more than seeds do: twice the deviation of their difference. */
export const isApart = (a: Measured, b: Measured): boolean =>
  Math.abs(a.mean - b.mean) > 2 * Math.hypot(a.deviation, b.deviation);
