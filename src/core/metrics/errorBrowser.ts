import type { Evaluator } from './evaluator.ts';
import type { DecisionThreshold } from './types.ts';

/** One evaluated row with its mistakes. `row` is the position in the evaluation; `rowIds[row]` is the corpus row. */
export interface RowErrors {
  readonly row: number;
  /** Mean binary cross-entropy over labels, or what the filter gives in its place. */
  readonly loss: number;
  /** Wrong cells. */
  readonly wrong: number;
  /** Label ids: true and predicted, true and missed, predicted and not true. */
  readonly hits: readonly number[];
  readonly missed: readonly number[];
  readonly extra: readonly number[];
}

export interface ErrorFilter {
  readonly by: 'loss' | 'wrong';
  /** Only rows that missed this label; only rows that predicted it wrongly; only rows that did one of the two. */
  readonly missed?: number | null;
  readonly extra?: number | null;
  readonly wrongAt?: number | null;
  /** Only rows that missed some label, or that predicted some label wrongly. */
  readonly kind?: 'missed' | 'extra';
  /** Each row's loss, `[rows]`, where it is another than mean binary cross-entropy. */
  readonly losses?: Float64Array;
  /** Also rows without a mistake. */
  readonly includeRight?: boolean;
}

/** Rows in their order, with what is wrong in each found when it is asked for: a list shows ten of many thousands. */
export interface RankedErrors {
  readonly total: number;
  /** Position in the evaluation of the row at a place of the ranking. */
  readonly row: (place: number) => number;
  /** Throws a RangeError beyond `total`. */
  readonly at: (place: number) => RowErrors;
}

/** Worst rows first (ties: the other measure, then position). One pass over the cells. Throws `threshold-invalid`. */
export function rankErrors(
  evaluator: Evaluator,
  threshold: DecisionThreshold,
  filter: ErrorFilter,
): RankedErrors {
  const labels = evaluator.labels.length;
  const { targets, rows } = evaluator;
  const decisions = evaluator.decide(threshold);
  const losses = filter.losses ?? evaluator.rowLosses();
  const { missed = null, extra = null, wrongAt = null, kind } = filter;
  const isAt = (row: number, label: number, target: number) => {
    const cell = row * labels + label;
    return targets[cell] === target && decisions[cell] === 1 - target;
  };

  const wrong = new Uint32Array(rows);
  const keys = new Float64Array(rows);
  const matching: number[] = [];
  for (let row = 0, cell = 0; row < rows; row++) {
    let missedCells = 0;
    let extraCells = 0;
    for (let label = 0; label < labels; label++, cell++) {
      const target = targets[cell] as number;
      if (target === decisions[cell]) continue;
      missedCells += target;
      extraCells += 1 - target;
    }
    wrong[row] = missedCells + extraCells;
    const loss = losses[row] as number;
    // A diverged model's NaN loss is the worst there is.
    keys[row] = Number.isNaN(loss) ? Number.MAX_VALUE : Math.min(loss, Number.MAX_VALUE);
    if (missedCells + extraCells === 0 && !filter.includeRight) continue;
    if (missed !== null && !isAt(row, missed, 1)) continue;
    if (extra !== null && !isAt(row, extra, 0)) continue;
    if (wrongAt !== null && !isAt(row, wrongAt, 1) && !isAt(row, wrongAt, 0)) continue;
    if ((kind === 'missed' && missedCells === 0) || (kind === 'extra' && extraCells === 0)) continue;
    matching.push(row);
  }
  const [first, second] = filter.by === 'loss' ? [keys, wrong] : [wrong, keys];
  const order = Uint32Array.from(matching).sort(
    (a, b) =>
      (first[b] as number) - (first[a] as number) || (second[b] as number) - (second[a] as number) || a - b,
  );

  const rowAt = (place: number) => {
    const row = order[place];
    if (row === undefined) throw new RangeError(`There is no row at ${place} of ${order.length}.`);
    return row;
  };
  const at = (place: number): RowErrors => {
    const row = rowAt(place);
    const found = { hits: [] as number[], missed: [] as number[], extra: [] as number[] };
    for (let label = 0, cell = row * labels; label < labels; label++, cell++) {
      const isTrue = targets[cell] === 1;
      const isPredicted = decisions[cell] === 1;
      if (isTrue) (isPredicted ? found.hits : found.missed).push(label);
      else if (isPredicted) found.extra.push(label);
    }
    return { row, loss: losses[row] as number, wrong: wrong[row] as number, ...found };
  };
  return { total: order.length, row: rowAt, at };
}
