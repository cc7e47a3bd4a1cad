import { formatNumber } from '../format.ts';
import { finished, measured } from './list.ts';
import type { KeptExperiment, Measured } from './types.ts';

/** A mean, with its deviation where there is one. */
export const spreadWords = ({ mean, deviation }: Measured): string =>
  deviation > 0 ? `${formatNumber(mean)} ± ${deviation.toFixed(3)}` : formatNumber(mean);

/** How far seeds lie apart; null where there was one, which cannot tell. */
export const deviationOf = ({ seeds }: KeptExperiment, { deviation }: Measured): number | null =>
  seeds === 1 && deviation === 0 ? null : deviation;

/** What is to be said of means over one seed; nothing where something else gave a deviation, as folds do. */
export function oneSeedWords(experiment: KeptExperiment, key: string): readonly string[] {
  const done = finished(experiment);
  const isUnknown = done.every((one) => deviationOf(experiment, measured(one, key)) === null);
  return isUnknown && done.length > 1
    ? ['One seed was drawn: nothing here tells a difference from chance. Ask for three or more.']
    : [];
}
