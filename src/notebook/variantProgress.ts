import type { Progress } from '../base/progress.ts';

// What an experiment's bar shows: not of the variant under way, but of the whole. Plain numbers in, a `Progress` out.

/** Of what is left of a variant, the part that the phase under way is taken for: nobody knows how many more there are. */
const phasePart = 2 / 3;

/** How much of a variant is done, by its own reports: a share below one that never goes back, though each phase counts from zero. */
export function variantShare(): (progress: Progress) => number {
  let phase: string | null = null;
  let before = 0;
  let share = 0;
  return ({ phase: current, done, total }) => {
    if (phase !== current) before = share;
    phase = current;
    const part = total === null || total <= 0 ? 0 : Math.min(1, done / total);
    share = Math.max(share, before + (1 - before) * phasePart * part);
    return share;
  };
}

/** The part of a network's variant that its steps are: before them rows are read, after them they are judged. */
const stepsPart = 0.95;

/** The same for a variant that trains: its steps are nearly all of it, whatever else is told of. */
export function trainingShare(): (progress: Progress) => number {
  let share = 0;
  return ({ phase, unit, done, total }) => {
    if (phase === '' && unit === 'steps' && total !== null && total > 0)
      share = Math.max(share, stepsPart * Math.min(1, done / total));
    return share;
  };
}

/** An experiment's progress: the variants that have ended, and the share of the one under way. */
export function wholeProgress(
  { ended, total }: { readonly ended: number; readonly total: number },
  share: number,
  phase: string,
): Progress {
  return { phase, done: Math.min(total, ended + share), total, unit: 'variants' };
}

export interface VariantTimes {
  /** Of variants that are done. */
  readonly doneMs: readonly number[];
  /** Variants behind the one under way. */
  readonly waiting: number;
  /** Since the one under way began, and how far it is. */
  readonly elapsedMs: number;
  readonly share: number;
}

/** A first variant says how long all will take once this much of it is done. */
const tellingShare = 0.2;

/** Milliseconds left of variants that take about as long as each other; null while nothing tells. */
export function variantsLeftMs({ doneMs, waiting, elapsedMs, share }: VariantTimes): number | null {
  const known = doneMs.filter((ms) => ms > 0);
  const eachMs =
    known.length > 0
      ? known.reduce((sum, ms) => sum + ms, 0) / known.length
      : share >= tellingShare
        ? elapsedMs / share
        : null;
  return eachMs === null ? null : Math.max((1 - share) * eachMs, eachMs - elapsedMs, 0) + waiting * eachMs;
}
