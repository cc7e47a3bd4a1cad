import type { Evaluator } from '../metrics/evaluator.ts';
import type { DecisionThreshold } from '../metrics/types.ts';

/** Two labels that stand in for each other. `first < second`. */
export interface ConfusedPair {
  readonly first: number;
  readonly second: number;
  /** Rows that have the first label, where it was missed and the second predicted though not true; and the other way round. */
  readonly firstAsSecond: number;
  readonly secondAsFirst: number;
  /** Of the rows where a label was missed, the share that got the other one instead. */
  readonly shareOfFirst: number;
  readonly shareOfSecond: number;
  /** Positions of such rows in the evaluation, the most confident mistakes first. */
  readonly firstAsSecondRows: readonly number[];
  readonly secondAsFirstRows: readonly number[];
}

export interface ConfusionQuery {
  /** Pairs to return; default 20. */
  readonly limit?: number;
  /** Rows to return a direction; default 10. */
  readonly rowsEach?: number;
}

/**
 * The nearest confusions: pairs of labels, those confused both ways before those confused one way (by the rarer direction, then by
 * both together). Counts pairs as they come, so that thousands of labels need no matrix. Throws `threshold-invalid`.
 */
export function nearestConfusions(
  evaluator: Evaluator,
  threshold: DecisionThreshold,
  { limit = 20, rowsEach = 10 }: ConfusionQuery = {},
): ConfusedPair[] {
  const labels = evaluator.labels.length;
  const decisions = evaluator.decide(threshold);
  /** Rows by `missed · labels + predicted instead`. */
  const directed = new Map<number, number[]>();
  const missedRows = new Uint32Array(labels);
  const missed: number[] = [];
  const extra: number[] = [];
  for (let row = 0, cell = 0; row < evaluator.rows; row++) {
    missed.length = extra.length = 0;
    for (let label = 0; label < labels; label++, cell++) {
      const difference = (decisions[cell] as number) - (evaluator.targets[cell] as number);
      if (difference < 0) missed.push(label);
      else if (difference > 0) extra.push(label);
    }
    for (const from of missed) {
      missedRows[from] = (missedRows[from] as number) + 1;
      for (const to of extra) {
        const rows = directed.get(from * labels + to);
        if (rows) rows.push(row);
        else directed.set(from * labels + to, [row]);
      }
    }
  }
  const pairs = new Map<number, { first: number; second: number; there: number[]; back: number[] }>();
  for (const key of directed.keys()) {
    const from = Math.floor(key / labels);
    const to = key % labels;
    const [first, second] = from < to ? [from, to] : [to, from];
    pairs.set(first * labels + second, {
      first,
      second,
      there: directed.get(first * labels + second) ?? [],
      back: directed.get(second * labels + first) ?? [],
    });
  }
  const share = (part: number, label: number) => (part === 0 ? 0 : part / (missedRows[label] as number));
  const surest = (rows: readonly number[], from: number, to: number) => {
    const gap = (row: number) => evaluator.probability(row, to) - evaluator.probability(row, from);
    return rows.toSorted((a, b) => gap(b) - gap(a) || a - b).slice(0, rowsEach);
  };
  return [...pairs.values()]
    .sort(
      (a, b) =>
        Math.min(b.there.length, b.back.length) - Math.min(a.there.length, a.back.length) ||
        b.there.length + b.back.length - (a.there.length + a.back.length) ||
        a.first - b.first ||
        a.second - b.second,
    )
    .slice(0, limit)
    .map(({ first, second, there, back }) => ({
      first,
      second,
      firstAsSecond: there.length,
      secondAsFirst: back.length,
      shareOfFirst: share(there.length, first),
      shareOfSecond: share(back.length, second),
      firstAsSecondRows: surest(there, first, second),
      secondAsFirstRows: surest(back, second, first),
    }));
}
