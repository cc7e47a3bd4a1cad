import { random } from '../base/random.ts';
import { TrainingError } from './errors.ts';

/** What a micro-batch may hold at most. */
export interface PackingLimits {
  readonly budgetTokens: number;
  readonly maxSequences: number;
  /** Longer rows are read in pieces, of which a pass holds one: they count as this many tokens. Absent: rows are read whole. */
  readonly longestPiece?: number;
}

/** Rows of one forward and backward pass, as positions into the token table. */
export type MicroBatch = readonly number[];

/** One optimizer step: its micro-batches together hold exactly `batchSize` rows (fewer in an epoch's one partial step). */
export interface PlannedStep {
  readonly microBatches: readonly MicroBatch[];
  readonly rowCount: number;
  readonly tokenCount: number;
}

/** How full the micro-batches are, and what padding would have cost instead. */
export interface PackingStatistics {
  readonly rows: number;
  readonly steps: number;
  readonly microBatches: number;
  /** Real tokens. */
  readonly tokens: number;
  /** Tokens the micro-batches could have held. */
  readonly capacityTokens: number;
  /** `tokens / capacityTokens`. */
  readonly efficiency: number;
  /** Tokens of the same steps, each padded to its longest row. */
  readonly paddedTokens: number;
}

export interface EpochPlan {
  readonly epoch: number;
  readonly steps: readonly PlannedStep[];
  readonly statistics: PackingStatistics;
}

export interface PackingOptions extends PackingLimits {
  /** Positions into the token table. */
  readonly rows: Uint32Array;
  /** Token table offsets: row r has `offsets[r + 1] - offsets[r]` tokens. */
  readonly offsets: Uint32Array;
  readonly batchSize: number;
  readonly seed: number;
  /** Batches whose rows are sorted by length together: more is tighter, fewer is more random. */
  readonly windowBatches?: number;
}

// Names the random streams of one seed; the numbers are arbitrary and fixed for ever, since runs are resumed by them.
const rowSalt = 0x726f7773;
const stepSalt = 0x73746570;

/**
 * The steps of one epoch, a function of (seed, epoch) alone, so that a resumed run draws the plan again and skips ahead.
 *
 * Rows are shuffled, sorted by length inside windows of a few batches, cut into steps of `batchSize`, and the steps are
 * shuffled: rows of like length meet, yet no epoch has the same batches. The rows left over form one smaller step,
 * taken from the shuffle before any sorting, so that they are not always the longest.
 *
 * Throws `budget-below-length` where one row alone exceeds the budget.
 */
export function planEpoch(options: PackingOptions, epoch: number): EpochPlan {
  const { rows, offsets, batchSize, seed } = options;
  const windowBatches = options.windowBatches ?? defaultWindow(rows.length, batchSize);
  const lengthOf = (row: number) => pieceLength(offsets, row, options);
  const shuffled = random(seed, rowSalt, epoch).shuffle(Uint32Array.from(rows));
  const whole = shuffled.length - (shuffled.length % batchSize);
  const groups: number[][] = [];
  for (let start = 0; start < whole; start += windowBatches * batchSize) {
    const window = [...shuffled.subarray(start, Math.min(whole, start + windowBatches * batchSize))];
    // Array.sort is stable: rows of one length keep their shuffled order.
    window.sort((a, b) => lengthOf(b) - lengthOf(a));
    for (let at = 0; at < window.length; at += batchSize) groups.push(window.slice(at, at + batchSize));
  }
  if (whole < shuffled.length)
    groups.push([...shuffled.subarray(whole)].sort((a, b) => lengthOf(b) - lengthOf(a)));
  random(seed, stepSalt, epoch).shuffle(groups);
  const steps = groups.map((group): PlannedStep => {
    const microBatches = packRows(group, lengthOf, options);
    return {
      microBatches,
      rowCount: group.length,
      tokenCount: group.reduce((sum, row) => sum + lengthOf(row), 0),
    };
  });
  return { epoch, steps, statistics: packingStatistics(steps, lengthOf, options.budgetTokens) };
}

/** Hugging Face's `group_by_length` rule: 50 batches, but at least four windows, or small corpora would not be shuffled. */
function defaultWindow(rowCount: number, batchSize: number): number {
  return Math.max(1, Math.min(50, Math.floor(rowCount / (batchSize * 4))));
}

/**
 * Micro-batches for evaluation: every row once, in order of length so that batches are full and even. Returned rows are
 * positions into `rows`, so that logits can be written back to where they belong.
 */
export function planEvaluation(rows: Uint32Array, offsets: Uint32Array, limits: PackingLimits): MicroBatch[] {
  const lengthOf = (at: number) => pieceLength(offsets, rows[at] as number, limits);
  const order = Array.from(rows, (_, at) => at).sort((a, b) => lengthOf(b) - lengthOf(a));
  return inOrder(order, lengthOf, limits);
}

function pieceLength(offsets: Uint32Array, row: number, { longestPiece }: PackingLimits): number {
  const length = (offsets[row + 1] as number) - (offsets[row] as number);
  return Math.min(length, longestPiece ?? length);
}

/** Splits the rows of one step, longest first, into micro-batches under the budget. */
function packRows(
  group: readonly number[],
  lengthOf: (row: number) => number,
  limits: PackingLimits,
): MicroBatch[] {
  const ordered = inOrder(group, lengthOf, limits);
  if (ordered.length === 1) return ordered;
  // Neighbours in length are kept together (even batches) unless mixing lengths saves a whole pass.
  const fitted = firstFitDecreasing(group, lengthOf, limits);
  return fitted.length < ordered.length ? fitted : ordered;
}

function inOrder(
  rows: readonly number[],
  lengthOf: (row: number) => number,
  limits: PackingLimits,
): MicroBatch[] {
  const batches: number[][] = [];
  let current: number[] = [];
  let tokens = 0;
  for (const row of rows) {
    const length = checkedLength(row, lengthOf, limits);
    if (
      current.length > 0 &&
      (tokens + length > limits.budgetTokens || current.length >= limits.maxSequences)
    ) {
      batches.push(current);
      current = [];
      tokens = 0;
    }
    current.push(row);
    tokens += length;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

function firstFitDecreasing(
  rows: readonly number[],
  lengthOf: (row: number) => number,
  limits: PackingLimits,
): MicroBatch[] {
  const bins: { rows: number[]; tokens: number }[] = [];
  for (const row of rows) {
    const length = lengthOf(row);
    const bin = bins.find(
      ({ rows: held, tokens }) => tokens + length <= limits.budgetTokens && held.length < limits.maxSequences,
    );
    if (bin) {
      bin.rows.push(row);
      bin.tokens += length;
    } else bins.push({ rows: [row], tokens: length });
  }
  return bins.map((bin) => bin.rows);
}

function checkedLength(
  row: number,
  lengthOf: (row: number) => number,
  { budgetTokens }: PackingLimits,
): number {
  const length = lengthOf(row);
  if (length > budgetTokens)
    throw new TrainingError(
      'budget-below-length',
      `A row of ${length} tokens does not fit into a budget of ${budgetTokens}.`,
      `Raise the token budget to at least ${length}, or lower the maximum length and tokenise again.`,
      { row, length, budgetTokens },
    );
  return length;
}

function packingStatistics(
  steps: readonly PlannedStep[],
  lengthOf: (row: number) => number,
  budgetTokens: number,
): PackingStatistics {
  let rows = 0;
  let microBatches = 0;
  let tokens = 0;
  let paddedTokens = 0;
  for (const step of steps) {
    rows += step.rowCount;
    microBatches += step.microBatches.length;
    tokens += step.tokenCount;
    let longest = 0;
    for (const batch of step.microBatches)
      for (const row of batch) longest = Math.max(longest, lengthOf(row));
    paddedTokens += longest * step.rowCount;
  }
  const capacityTokens = microBatches * budgetTokens;
  const efficiency = capacityTokens === 0 ? 0 : tokens / capacityTokens;
  return { rows, steps: steps.length, microBatches, tokens, capacityTokens, efficiency, paddedTokens };
}
