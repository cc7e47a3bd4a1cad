import type { Evaluator } from './evaluator.ts';
import type { DecisionThreshold } from './types.ts';

/** One evaluated row with its mistakes. `row` is the position in the evaluation; `rowIds[row]` is the corpus row. */
export interface RowErrors {
  readonly row: number;
  /** Mean binary cross-entropy over labels. */
  readonly loss: number;
  /** Wrong cells. */
  readonly wrong: number;
  /** Label ids: true and predicted, true and missed, predicted and not true. */
  readonly hits: readonly number[];
  readonly missed: readonly number[];
  readonly extra: readonly number[];
}

export interface ErrorQuery {
  readonly by: 'loss' | 'wrong';
  readonly offset: number;
  readonly limit: number;
  /** Only rows that missed this label, or predicted it wrongly. */
  readonly missed?: number | null;
  readonly extra?: number | null;
  /** Also rows without a mistake. */
  readonly includeRight?: boolean;
}

export interface ErrorPage {
  /** Rows that match, over all pages. */
  readonly total: number;
  readonly rows: readonly RowErrors[];
}

/** Worst rows first (ties: the other measure, then position), one page of them. Throws `threshold-invalid`. */
export function browseErrors(
  evaluator: Evaluator,
  threshold: DecisionThreshold,
  query: ErrorQuery,
): ErrorPage {
  const labels = evaluator.labels.length;
  const decisions = evaluator.decide(threshold);
  const losses = evaluator.rowLosses();
  const isMissed = (row: number, label: number) =>
    evaluator.targets[row * labels + label] === 1 && decisions[row * labels + label] === 0;
  const isExtra = (row: number, label: number) =>
    evaluator.targets[row * labels + label] === 0 && decisions[row * labels + label] === 1;

  const wrong = new Uint32Array(evaluator.rows);
  const matching: number[] = [];
  for (let row = 0; row < evaluator.rows; row++) {
    let count = 0;
    for (let cell = row * labels; cell < (row + 1) * labels; cell++)
      if (evaluator.targets[cell] !== decisions[cell]) count++;
    wrong[row] = count;
    if (count === 0 && !query.includeRight) continue;
    if (typeof query.missed === 'number' && !isMissed(row, query.missed)) continue;
    if (typeof query.extra === 'number' && !isExtra(row, query.extra)) continue;
    matching.push(row);
  }
  // A diverged model's NaN loss is the worst there is.
  const lossOf = (row: number) => {
    const loss = losses[row] as number;
    return Number.isNaN(loss) ? Number.MAX_VALUE : Math.min(loss, Number.MAX_VALUE);
  };
  const byLoss = (a: number, b: number) => lossOf(b) - lossOf(a);
  const byWrong = (a: number, b: number) => (wrong[b] as number) - (wrong[a] as number);
  const [first, second] = query.by === 'loss' ? [byLoss, byWrong] : [byWrong, byLoss];
  matching.sort((a, b) => first(a, b) || second(a, b) || a - b);

  const page = matching.slice(query.offset, query.offset + query.limit).map((row) => {
    const hits: number[] = [];
    const missed: number[] = [];
    const extra: number[] = [];
    for (let label = 0; label < labels; label++) {
      if (isMissed(row, label)) missed.push(label);
      else if (isExtra(row, label)) extra.push(label);
      else if (evaluator.targets[row * labels + label] === 1) hits.push(label);
    }
    return { row, loss: losses[row] as number, wrong: wrong[row] as number, hits, missed, extra };
  });
  return { total: matching.length, rows: page };
}
