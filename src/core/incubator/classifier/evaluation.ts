/** One class of a report. */
export interface ClassScores {
  readonly label: string;
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** How well single-label predictions meet gold classes. */
export interface ClassificationReport {
  readonly rows: number;
  readonly accuracy: number;
  /** Of the most frequent class: what predicting nothing else gets. */
  readonly majority: number;
  /** Mean F1 of the classes that occur in gold or predictions. */
  readonly macroF1: number;
  /** Mean of 1 - p(gold); with calibrated probabilities 1 - accuracy. */
  readonly meanError: number;
  readonly perClass: readonly ClassScores[];
  /** `[gold, predicted]` counts. */
  readonly confusion: Uint32Array;
}

/** A report from probabilities `[rows, labels]` and gold classes; ties go to the first class. */
export function classificationReport(
  labels: readonly string[],
  probabilities: Float32Array,
  gold: ArrayLike<number>,
): ClassificationReport {
  const [rows, count] = [gold.length, labels.length];
  const confusion = new Uint32Array(count * count);
  let error = 0;
  for (let row = 0; row < rows; row++) {
    const own = gold[row] as number;
    const at = own * count + bestOf(probabilities, row, count);
    confusion[at] = (confusion[at] as number) + 1;
    error += 1 - (probabilities[row * count + own] as number);
  }
  const cell = (a: number, b: number) => confusion[a * count + b] as number;
  let [f1Sum, present] = [0, 0];
  const perClass = labels.map((label, k) => {
    let [support, predicted] = [0, 0];
    for (let other = 0; other < count; other++) {
      support += cell(k, other);
      predicted += cell(other, k);
    }
    const hits = cell(k, k);
    const [precision, recall] = [ratio(hits, predicted), ratio(hits, support)];
    const f1 = ratio(2 * hits, support + predicted);
    f1Sum += f1;
    if (support + predicted > 0) present++;
    return { label, support, precision, recall, f1 };
  });
  const hits = labels.reduce((sum, _, k) => sum + cell(k, k), 0);
  return {
    rows,
    accuracy: ratio(hits, rows),
    majority: ratio(Math.max(0, ...perClass.map(({ support }) => support)), rows),
    macroF1: ratio(f1Sum, present),
    meanError: ratio(error, rows),
    perClass,
    confusion,
  };
}

/** The most probable class of a row. */
export function bestOf(probabilities: Float32Array, row: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++)
    if ((probabilities[row * count + k] as number) > (probabilities[row * count + best] as number)) best = k;
  return best;
}

const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
