import { random } from '../../base/random.ts';
import { inSteps, type Steps } from '../../base/steps.ts';
import { checkResamples, modelRows, type ResampleOptions } from './bootstrap.ts';
import {
  addRow,
  createTally,
  metrics,
  rowUnits,
  tallyAll,
  type DecisionRows,
  type MetricName,
  type Tally,
} from './decisionRows.ts';

export interface RandomisationTest {
  readonly metric: MetricName;
  /** First minus second on the rows as they are. */
  readonly difference: number;
  /** Two-sided: (1 + trials that differ at least as much) / (1 + trials), never 0 (Phipson and Smyth 2010). */
  readonly pValue: number;
  readonly trials: number;
  /** Rows on which the models decide differently: the only ones whose swap changes anything. */
  readonly differingRows: number;
}

/**
 * Approximate randomisation (Noreen 1989; for F1 Yeh 2000): if two models are alike, their decisions on any row could be swapped.
 * Each trial swaps every row (or group) by a fair coin; p is the share of trials whose difference is at least the observed one.
 * Makes no assumption on how F1 is distributed. Throws `comparison-shape-mismatch`, `statistics-option-invalid`, `aborted`.
 */
export async function approximateRandomisation(
  input: {
    readonly labels: number;
    readonly targets: Uint8Array;
    readonly first: Uint8Array;
    readonly second: Uint8Array;
  },
  names: readonly MetricName[],
  options: ResampleOptions = {},
): Promise<RandomisationTest[]> {
  const trials = checkResamples(options.resamples);
  const { labels, targets } = input;
  const [first, second] = modelRows({ labels, targets, decisions: [input.first, input.second] });
  if (!first || !second) return [];
  const differs = (row: number) => !sameDecisions(first, second, row);
  const units = rowUnits(first.rows, options.groups ?? null)
    .map((unit) => unit.filter(differs))
    .filter((unit) => unit.length > 0);
  const whole = [tallyAll(first), tallyAll(second)] as const;
  const differenceOf = (a: Tally, b: Tally) => names.map((name) => metrics[name](a) - metrics[name](b));
  const observed = differenceOf(...whole);
  const reached = new Float64Array(names.length);
  await inSteps(
    'Swapping rows',
    trials,
    swap(first, second, units, whole, trials, options.seed ?? 0, (a, b) => {
      differenceOf(a, b).forEach((difference, k) => {
        // A swap of everything gives the same difference but for the order of sums.
        if (Math.abs(difference) >= Math.abs(observed[k] as number) - 1e-12)
          reached[k] = (reached[k] as number) + 1;
      });
    }),
    options,
  );
  const differingRows = units.reduce((sum, unit) => sum + unit.length, 0);
  return names.map((metric, k) => ({
    metric,
    difference: observed[k] as number,
    pValue: ((reached[k] as number) + 1) / (trials + 1),
    trials,
    differingRows,
  }));
}

/**
 * Each trial starts from the models as they are. A swapped unit moves what it has more in one model to the other, so that it is enough
 * to keep the first model's tally: the second's is what remains of their sum.
 */
function* swap(
  first: DecisionRows,
  second: DecisionRows,
  units: readonly Uint32Array[],
  [wholeFirst, wholeSecond]: readonly [Tally, Tally],
  trials: number,
  seed: number,
  judge: (a: Tally, b: Tally) => void,
): Steps<void> {
  const changes = unitChanges(first, second, units);
  const a = createTally(first.labels);
  const b = createTally(first.labels);
  for (let trial = 0; trial < trials; trial++) {
    if (trial % 16 === 0) yield trial;
    const stream = random(seed, 0x73776170, trial);
    copyTally(wholeFirst, a);
    let f1 = 0;
    let jaccard = 0;
    let exactRows = 0;
    for (let unit = 0, bits = 0; unit < units.length; unit++) {
      if (unit % 32 === 0) bits = stream.integer(2 ** 32);
      if (((bits >>> (unit % 32)) & 1) === 0) continue;
      const end = changes.offsets[unit + 1] as number;
      for (let i = changes.offsets[unit] as number; i < end; i++) {
        const code = changes.codes[i] as number;
        a.cells[code] = (a.cells[code] as number) + (changes.amounts[i] as number);
      }
      exactRows += changes.exactRows[unit] as number;
      f1 += changes.f1[unit] as number;
      jaccard += changes.jaccard[unit] as number;
    }
    a.exactRows += exactRows;
    a.f1 += f1;
    a.jaccard += jaccard;
    b.rows = wholeSecond.rows;
    b.exactRows = wholeFirst.exactRows + wholeSecond.exactRows - a.exactRows;
    b.f1 = wholeFirst.f1 + wholeSecond.f1 - a.f1;
    b.jaccard = wholeFirst.jaccard + wholeSecond.jaccard - a.jaccard;
    for (let code = 0; code < b.cells.length; code++)
      b.cells[code] =
        (wholeFirst.cells[code] as number) + (wholeSecond.cells[code] as number) - (a.cells[code] as number);
    judge(a, b);
  }
}

/** Second minus first of each unit: cells by code (unit u has `offsets[u] .. offsets[u + 1]`), and row sums. */
function unitChanges(first: DecisionRows, second: DecisionRows, units: readonly Uint32Array[]) {
  const offsets = new Uint32Array(units.length + 1);
  const codes: number[] = [];
  const amounts: number[] = [];
  const sums = () => new Float64Array(units.length);
  const changes = { exactRows: sums(), f1: sums(), jaccard: sums() };
  const net = createTally(first.labels);
  units.forEach((unit, u) => {
    net.exactRows = net.f1 = net.jaccard = 0;
    const touched = new Set<number>();
    for (const row of unit) {
      for (const [model, weight] of [
        [first, -1],
        [second, 1],
      ] as const) {
        addRow(net, model, row, weight);
        for (const code of model.codes.subarray(model.offsets[row], model.offsets[row + 1]))
          touched.add(code);
      }
    }
    for (const code of touched) {
      const amount = net.cells[code] as number;
      net.cells[code] = 0;
      if (amount === 0) continue;
      codes.push(code);
      amounts.push(amount);
    }
    offsets[u + 1] = codes.length;
    changes.exactRows[u] = net.exactRows;
    changes.f1[u] = net.f1;
    changes.jaccard[u] = net.jaccard;
  });
  return { offsets, codes: Uint32Array.from(codes), amounts: Float64Array.from(amounts), ...changes };
}

function copyTally(from: Tally, to: Tally): void {
  to.rows = from.rows;
  to.exactRows = from.exactRows;
  to.f1 = from.f1;
  to.jaccard = from.jaccard;
  to.cells.set(from.cells);
}

function sameDecisions(a: DecisionRows, b: DecisionRows, row: number): boolean {
  const startA = a.offsets[row] as number;
  const startB = b.offsets[row] as number;
  const length = (a.offsets[row + 1] as number) - startA;
  if ((b.offsets[row + 1] as number) - startB !== length) return false;
  for (let i = 0; i < length; i++) if (a.codes[startA + i] !== b.codes[startB + i]) return false;
  return true;
}
