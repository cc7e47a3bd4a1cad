import { VerbenaError } from '../../base/errors.ts';
import { gainPerDoubling, labelCurves, type LabelResult } from '../calibration/learningCurves.ts';
import type { LabelTable } from '../labels/labelTable.ts';
import { checkThreshold, countLabels } from '../labels/selection.ts';
import { auditF1 } from '../metrics/types.ts';
import { checkRuns, type AdviceCheck, type AblationRun } from './check.ts';
import { fitRising, valueAt, type RisingCurve } from './isotonic.ts';
import { balanceOf, tolerance, type Advice, type Candidate } from './types.ts';
import { adviceSentences } from './words.ts';

export class AdvisorError extends VerbenaError<'advisor-no-evidence'> {}

export interface AdvisorInput {
  /** All labels of the corpus with the user's edits applied; the threshold counts its rows. */
  readonly table: LabelTable;
  /** Per-label scores of a cheap model (the TF-IDF baseline) at several shares of the training rows. */
  readonly results: readonly LabelResult[];
  /** Share of the records that a full run trains on: turns a label's records into training rows. */
  readonly trainShare: number;
  /** Thresholds to weigh; default: 1, 1.5, 2, 3, 5, 7 times powers of ten, as far as two labels remain. */
  readonly candidates?: readonly number[];
}

export interface Advisor {
  /** Any threshold, measured like the candidates. Throws `label-threshold-invalid`. */
  at(threshold: number): Candidate;
  advise(): Advice;
  /** Holds the advice against runs of the threshold ablation. */
  check(runs: readonly AblationRun[]): AdviceCheck;
}

/**
 * Recommends a label threshold from cheap signals: how well labels of a given support are learned by the baseline, and what share of
 * the corpus's labels a threshold keeps. Deterministic; trains nothing. Throws `advisor-no-evidence`.
 */
export function createAdvisor(input: AdvisorInput): Advisor {
  const { table, trainShare } = input;
  const points = input.results.filter(({ trainSupport, testSupport }) => trainSupport > 0 && testSupport > 0);
  const curve = fitRising(
    points.map(({ trainSupport, testSupport, f1 }) => ({
      x: Math.log2(trainSupport),
      y: f1,
      weight: testSupport,
    })),
  );
  const counts = Array.from(countLabels(table)).filter((count) => count > 0);
  counts.sort((a, b) => b - a);
  if (points.length === 0 || counts.length < 2)
    throw new AdvisorError(
      'advisor-no-evidence',
      points.length === 0
        ? 'No label was both trained on and evaluated.'
        : `The corpus has ${counts.length} labels; there is nothing to choose.`,
      points.length === 0 ? 'Run the TF-IDF baseline first.' : 'Load records with at least two labels.',
    );
  const bestCounts = bestCountOfRows(table);
  const assignments = counts.reduce((a, b) => a + b, 0);
  const expected = (records: number) => valueAt(curve, Math.log2(records * trainShare));
  const measured = {
    least: Math.min(...points.map((point) => point.trainSupport)),
    most: Math.max(...points.map((point) => point.trainSupport)),
  };

  const at = (threshold: number): Candidate => {
    checkThreshold(threshold);
    let labelsKept = 0;
    let kept = 0;
    let sum = 0;
    for (; (counts[labelsKept] ?? 0) >= threshold; labelsKept++) {
      const records = counts[labelsKept] as number;
      kept += records;
      sum += expected(records);
    }
    const rarest = counts[labelsKept - 1] ?? threshold;
    const expectedMacroF1 = labelsKept === 0 ? 0 : sum / labelsKept;
    const assignmentShare = kept / assignments;
    return {
      threshold,
      labelsKept,
      labelShare: labelsKept / table.labels.length,
      recordShare: atLeast(bestCounts, threshold) / table.rowCount,
      assignmentShare,
      imbalance: labelsKept === 0 ? 1 : (counts[0] as number) / rarest,
      expectedMacroF1,
      expectedRarestF1: expected(rarest),
      balance: balanceOf(expectedMacroF1, assignmentShare),
      isExtrapolated: rarest * trainShare < measured.least || rarest * trainShare > measured.most,
    };
  };

  const advise = (): Advice => {
    const candidates = (input.candidates ?? niceThresholds(counts[1] as number)).map(at);
    candidates.sort((a, b) => a.threshold - b.threshold);
    // Of thresholds that keep the same labels the highest speaks for all.
    const distinct = candidates.filter((each, i) => each.labelsKept !== candidates[i + 1]?.labelsKept);
    const usable = distinct.filter((candidate) => candidate.labelsKept >= 2);
    const pool = usable.length > 0 ? usable : distinct;
    const best = pool.reduce((a, b) => (b.balance > a.balance ? b : a));
    const isGood = (candidate: Candidate | undefined) =>
      candidate !== undefined && candidate.balance >= best.balance * (1 - tolerance);
    let low = pool.indexOf(best);
    let high = low;
    while (isGood(pool[low - 1])) low--;
    while (isGood(pool[high + 1])) high++;
    const evidence = {
      candidates,
      curve: { support: curve.x.map((x) => 2 ** x), f1: curve.y },
      points,
      gainPerDoubling: gainPerDoubling(labelCurves(points)),
      recordsForAuditF1: recordsFor(curve, auditF1, trainShare),
    };
    const range = { low: pool[low] as Candidate, best, high: pool[high] as Candidate };
    return {
      low: range.low.threshold,
      high: range.high.threshold,
      recommended: best.threshold,
      evidence,
      sentences: adviceSentences(
        { ...range, below: pool[low - 1] ?? null, above: pool[high + 1] ?? null },
        evidence,
        new Set(points.map((point) => point.labelId)).size,
      ),
    };
  };

  return { at, advise, check: (runs) => checkRuns(advise(), at, runs) };
}

/** Round numbers up to `most`: 1, 1.5, 2, 3, 5, 7 times powers of ten, whole and at least 2. */
export function niceThresholds(most: number): number[] {
  const found: number[] = [];
  for (let power = 1; power <= most; power *= 10)
    for (const factor of [1, 1.5, 2, 3, 5, 7]) {
      const threshold = factor * power;
      if (Number.isInteger(threshold) && threshold >= 2 && threshold <= most) found.push(threshold);
    }
  return found.length > 0 ? found : [1];
}

/** The count of each record's most frequent label, ascending: a record stays as long as that label does. */
function bestCountOfRows(table: LabelTable): Uint32Array {
  const counts = countLabels(table);
  const best = new Uint32Array(table.rowCount);
  for (let row = 0; row < table.rowCount; row++)
    for (let i = table.rowOffsets[row] as number; i < (table.rowOffsets[row + 1] as number); i++)
      best[row] = Math.max(best[row] as number, counts[table.labelIds[i] as number] as number);
  return best.sort();
}

function atLeast(ascending: Uint32Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) >= value) high = middle;
    else low = middle + 1;
  }
  return ascending.length - low;
}

/** Records at which the curve reaches a score; null where it does not. */
function recordsFor({ x, y }: RisingCurve, f1: number, trainShare: number): number | null {
  const next = y.findIndex((value) => value >= f1);
  if (next < 0) return null;
  const [x1, y1] = [x[next] as number, y[next] as number];
  const [x0, y0] = next === 0 ? [x1, y1] : [x[next - 1] as number, y[next - 1] as number];
  const at = y1 === y0 ? x1 : x0 + ((f1 - y0) / (y1 - y0)) * (x1 - x0);
  return Math.ceil(2 ** at / trainShare - 1e-9);
}
