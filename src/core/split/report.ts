import type { MultiLabelRows } from './stratify.ts';
import { splitParts, type Split, type SplitFractions, type SplitPart } from './split.ts';

/** How evenly a split spread the labels. Shares and deviations are in [0, 1]. */
export interface SplitReport {
  readonly rows: Readonly<Record<SplitPart, number>>;
  /** Rows of each label in each part, `[labels]`. */
  readonly counts: Readonly<Record<SplitPart, Uint32Array>>;
  /** The part's share of each label's rows, `[labels]`; 0 for a label without rows. */
  readonly shares: Readonly<Record<SplitPart, Float64Array>>;
  /** The largest |share - wanted fraction| and where it is; null where there is no label. */
  readonly worst: {
    readonly labelId: number;
    readonly part: SplitPart;
    readonly share: number;
    readonly wanted: number;
    readonly deviation: number;
  } | null;
  /** Mean over labels and non-empty parts. */
  readonly meanDeviation: number;
  /** Labels that a part with a fraction above zero never sees: it can say nothing of them. */
  readonly missing: readonly { readonly labelId: number; readonly part: SplitPart }[];
}

/** Per-label proportions of a split against the fractions asked for. */
export function reportSplit(rows: MultiLabelRows, split: Split, fractions: SplitFractions): SplitReport {
  const { labelCount } = rows;
  const sum = fractions.train + fractions.validation + fractions.test;
  const wanted = (part: SplitPart) => fractions[part] / sum;
  const perPart = <T>(make: (part: SplitPart) => T) => ({
    train: make('train'),
    validation: make('validation'),
    test: make('test'),
  });
  const counts = perPart((part) => countPart(rows, split[part]));
  const total = new Uint32Array(labelCount);
  for (const part of splitParts)
    counts[part].forEach((count, label) => (total[label] = (total[label] as number) + count));
  const shares = perPart((part) =>
    Float64Array.from(counts[part], (count, label) => (count === 0 ? 0 : count / (total[label] as number))),
  );

  let worst: SplitReport['worst'] = null;
  let deviations = 0;
  let compared = 0;
  const missing: { labelId: number; part: SplitPart }[] = [];
  for (const part of splitParts) {
    if (fractions[part] === 0) continue;
    for (let labelId = 0; labelId < labelCount; labelId++) {
      if (total[labelId] === 0) continue;
      const share = shares[part][labelId] as number;
      const deviation = Math.abs(share - wanted(part));
      deviations += deviation;
      compared++;
      if (counts[part][labelId] === 0) missing.push({ labelId, part });
      if (!worst || deviation > worst.deviation)
        worst = { labelId, part, share, wanted: wanted(part), deviation };
    }
  }
  return {
    rows: perPart((part) => split[part].length),
    counts,
    shares,
    worst,
    meanDeviation: compared === 0 ? 0 : deviations / compared,
    missing,
  };
}

function countPart(rows: MultiLabelRows, positions: Uint32Array): Uint32Array {
  const counts = new Uint32Array(rows.labelCount);
  for (const row of positions)
    for (let i = rows.targetOffsets[row] as number; i < (rows.targetOffsets[row + 1] as number); i++) {
      const label = rows.targetIds[i] as number;
      counts[label] = (counts[label] as number) + 1;
    }
  return counts;
}
