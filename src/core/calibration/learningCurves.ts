import { mean } from '../statistics/moments.ts';

/** One label's score in one run, with what it had to learn from. */
export interface LabelResult {
  readonly labelId: number;
  /** Training rows that have the label. */
  readonly trainSupport: number;
  /** Evaluated rows that have it: how far its F1 can be trusted. */
  readonly testSupport: number;
  readonly f1: number;
}

/** One label's F1 over its support, from runs on growing shares of the training rows. */
export interface LabelCurve {
  readonly labelId: number;
  /** Ascending by support; runs of equal support are averaged. */
  readonly support: readonly number[];
  readonly f1: readonly number[];
  readonly testSupport: number;
  /** Least-squares gain in F1 each time its support doubles; null from one support. */
  readonly gainPerDoubling: number | null;
  /** Whether the last step up in support still gained at least two points a doubling. */
  readonly isStillRising: boolean;
}

/** Points of F1 a doubling from which on a curve counts as rising. */
const risingGain = 0.02;

/** Per-label learning curves. Results without any training row are left out: nothing can be learned from nothing. */
export function labelCurves(results: Iterable<LabelResult>): LabelCurve[] {
  const byLabel = new Map<number, LabelResult[]>();
  for (const result of results) {
    if (result.trainSupport <= 0) continue;
    const known = byLabel.get(result.labelId);
    if (known) known.push(result);
    else byLabel.set(result.labelId, [result]);
  }
  const curves = Array.from(byLabel, ([labelId, list]): LabelCurve => {
    const sums = new Map<number, { sum: number; count: number }>();
    for (const { trainSupport, f1 } of list) {
      const known = sums.get(trainSupport) ?? { sum: 0, count: 0 };
      sums.set(trainSupport, { sum: known.sum + f1, count: known.count + 1 });
    }
    const support = [...sums.keys()].sort((a, b) => a - b);
    const f1 = support.map((at) => {
      const { sum, count } = sums.get(at) ?? { sum: 0, count: 1 };
      return sum / count;
    });
    const x = support.map(Math.log2);
    const last = support.length - 1;
    const lastGain =
      last < 1
        ? 0
        : ((f1[last] as number) - (f1[last - 1] as number)) / ((x[last] as number) - (x[last - 1] as number));
    return {
      labelId,
      support,
      f1,
      testSupport: Math.max(...list.map((result) => result.testSupport)),
      gainPerDoubling: slopeWithin([{ x, y: f1 }]),
      isStillRising: lastGain >= risingGain,
    };
  });
  return curves.sort((a, b) => a.labelId - b.labelId);
}

/**
 * Mean gain in F1 where a label's own support doubles: the slope of F1 on log₂ support with an intercept for each label, so that labels
 * that are both frequent and easy do not pass for an effect of data. Null where no label has two supports.
 */
export function gainPerDoubling(curves: readonly LabelCurve[]): number | null {
  return slopeWithin(curves.map((curve) => ({ x: curve.support.map(Math.log2), y: curve.f1 })));
}

function slopeWithin(groups: readonly { x: readonly number[]; y: readonly number[] }[]): number | null {
  let products = 0;
  let squares = 0;
  for (const { x, y } of groups) {
    const [meanX, meanY] = [mean(x), mean(y)];
    x.forEach((each, i) => {
      products += (each - meanX) * ((y[i] as number) - meanY);
      squares += (each - meanX) ** 2;
    });
  }
  return squares === 0 ? null : products / squares;
}
