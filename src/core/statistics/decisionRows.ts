import { ratio } from '../metrics/decisions.ts';
import { StatisticsError } from './errors.ts';

/**
 * Scores that comparisons can be asked for, equal to the evaluation's report of the same decisions. They are read off the tally
 * because a comparison asks some 100,000 times: a report with all its parts would cost ten times as much.
 */
export const metrics = {
  microF1({ cells }) {
    let both = 0;
    let wrong = 0;
    for (let at = 0; at < cells.length; at += 4) {
      both += cells[at + 3] as number;
      wrong += (cells[at + 1] as number) + (cells[at + 2] as number);
    }
    return ratio(2 * both, 2 * both + wrong);
  },
  macroF1: ({ cells }) => labelMean(cells, () => 1),
  weightedF1: ({ cells }) => labelMean(cells, (at) => (cells[at + 1] as number) + (cells[at + 3] as number)),
  samplesF1: ({ rows, f1 }) => ratio(f1, rows),
  samplesJaccard: ({ rows, jaccard }) => ratio(jaccard, rows),
  subsetAccuracy: ({ rows, exactRows }) => ratio(exactRows, rows),
  labelAccuracy({ rows, cells }) {
    let wrong = 0;
    for (let at = 0; at < cells.length; at += 4)
      wrong += (cells[at + 1] as number) + (cells[at + 2] as number);
    const all = (rows * cells.length) / 4;
    return all === 0 ? 0 : 1 - wrong / all;
  },
} as const satisfies Readonly<Record<string, (tally: Tally) => number>>;

/** Weighted mean over labels of their F1. */
function labelMean(cells: Float64Array, weightOf: (at: number) => number): number {
  let sum = 0;
  let weights = 0;
  for (let at = 0; at < cells.length; at += 4) {
    const both = 2 * (cells[at + 3] as number);
    const weight = weightOf(at);
    weights += weight;
    if (both > 0) sum += (weight * both) / (both + (cells[at + 1] as number) + (cells[at + 2] as number));
  }
  return ratio(sum, weights);
}

export type MetricName = keyof typeof metrics;

/** Decisions of several models on the same rows. */
export interface ModelDecisions {
  readonly labels: number;
  /** 0 or 1, row-major `[rows, labels]`. */
  readonly targets: Uint8Array;
  /** One a model, like the targets (`Evaluator.decide`). */
  readonly decisions: readonly Uint8Array[];
}

/**
 * What one row adds to the counts: its cells that are true or predicted, since all others are right and count by subtraction.
 * Row i has `codes[offsets[i] .. offsets[i + 1])`, each `4 · label + 2 · predicted + true`.
 */
export interface DecisionRows {
  readonly rows: number;
  readonly labels: number;
  /** `[rows + 1]` */
  readonly offsets: Uint32Array;
  readonly codes: Uint32Array;
  /** Whether every cell is right, `[rows]`. */
  readonly exact: Uint8Array;
  /** F1 and Jaccard of each row, `[rows]` both. */
  readonly f1: Float64Array;
  readonly jaccard: Float64Array;
}

/** Per-row sufficient statistics of one model's decisions. Throws `comparison-shape-mismatch`. */
export function decisionRows(targets: Uint8Array, decisions: Uint8Array, labels: number): DecisionRows {
  const rows = targets.length / labels;
  if (decisions.length !== targets.length || !Number.isInteger(rows))
    throw new StatisticsError(
      'comparison-shape-mismatch',
      `${decisions.length} decisions and ${targets.length} targets do not make rows of ${labels} labels.`,
      'Compare models that were evaluated on the same rows with the same labels.',
    );
  let cells = 0;
  for (let cell = 0; cell < targets.length; cell++) if (targets[cell] || decisions[cell]) cells++;
  const offsets = new Uint32Array(rows + 1);
  const codes = new Uint32Array(cells);
  const exact = new Uint8Array(rows);
  const f1 = new Float64Array(rows);
  const jaccard = new Float64Array(rows);
  for (let row = 0, cell = 0, end = 0; row < rows; row++) {
    let truth = 0;
    let predicted = 0;
    let both = 0;
    for (let label = 0; label < labels; label++, cell++) {
      const code = 2 * (decisions[cell] as number) + (targets[cell] as number);
      if (code === 0) continue;
      codes[end++] = 4 * label + code;
      truth += code & 1;
      predicted += code >> 1;
      if (code === 3) both++;
    }
    offsets[row + 1] = end;
    exact[row] = Number(both === truth && both === predicted);
    f1[row] = ratio(2 * both, predicted + truth);
    jaccard[row] = ratio(both, predicted + truth - both);
  }
  return { rows, labels, offsets, codes, exact, f1, jaccard };
}

/** Sums of rows, with any weights: what a resample or a swap adds up before it is scored. */
export interface Tally {
  rows: number;
  exactRows: number;
  f1: number;
  jaccard: number;
  /** Cells by code, `[4 · labels]`. */
  readonly cells: Float64Array;
}

export function createTally(labels: number): Tally {
  return { rows: 0, exactRows: 0, f1: 0, jaccard: 0, cells: new Float64Array(4 * labels) };
}

export function clearTally(tally: Tally): void {
  tally.rows = tally.exactRows = tally.f1 = tally.jaccard = 0;
  tally.cells.fill(0);
}

/** Adds a row `weight` times (negative: takes it away). */
export function addRow(tally: Tally, from: DecisionRows, row: number, weight: number): void {
  const { cells } = tally;
  tally.rows += weight;
  tally.exactRows += weight * (from.exact[row] as number);
  tally.f1 += weight * (from.f1[row] as number);
  tally.jaccard += weight * (from.jaccard[row] as number);
  const end = from.offsets[row + 1] as number;
  for (let i = from.offsets[row] as number; i < end; i++) {
    const code = from.codes[i] as number;
    cells[code] = (cells[code] as number) + weight;
  }
}

/** Adds each row `weights[row]` times: `addRow` for all rows, with its sums in registers. */
export function addRows(tally: Tally, from: DecisionRows, weights: Uint32Array): void {
  const { offsets, codes, exact, f1, jaccard } = from;
  const { cells } = tally;
  let rows = 0;
  let exactRows = 0;
  let f1Sum = 0;
  let jaccardSum = 0;
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row] as number;
    if (weight === 0) continue;
    rows += weight;
    exactRows += weight * (exact[row] as number);
    f1Sum += weight * (f1[row] as number);
    jaccardSum += weight * (jaccard[row] as number);
    const end = offsets[row + 1] as number;
    for (let i = offsets[row] as number; i < end; i++) {
      const code = codes[i] as number;
      cells[code] = (cells[code] as number) + weight;
    }
  }
  tally.rows += rows;
  tally.exactRows += exactRows;
  tally.f1 += f1Sum;
  tally.jaccard += jaccardSum;
}

/** Every row once. */
export function tallyAll(rows: DecisionRows): Tally {
  const tally = createTally(rows.labels);
  addRows(tally, rows, new Uint32Array(rows.rows).fill(1));
  return tally;
}

/**
 * Rows that are drawn or swapped together, as lists: row groups renumbered from 0, in order of appearance. Null: each row
 * for itself. Throws `comparison-shape-mismatch`.
 */
export function rowUnits(rows: number, groups: ArrayLike<number> | null): readonly Uint32Array[] {
  if (groups === null) return Array.from({ length: rows }, (_, row) => Uint32Array.of(row));
  if (groups.length !== rows)
    throw new StatisticsError(
      'comparison-shape-mismatch',
      `${groups.length} groups for ${rows} rows.`,
      'Give each evaluated row its group, or none.',
    );
  const members = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    const group = groups[row] as number;
    const list = members.get(group);
    if (list) list.push(row);
    else members.set(group, [row]);
  }
  return Array.from(members.values(), (list) => Uint32Array.from(list));
}
