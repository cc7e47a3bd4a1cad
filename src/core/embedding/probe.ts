import { random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import { geometry } from '../clustering/geometry.ts';
import type { Points } from '../clustering/points.ts';
import { deviation, mean } from '../statistics/moments.ts';
import { EmbeddingError } from './vectors.ts';

export interface ProbeTarget {
  readonly name: string;
  /** One a row; `noClass` leaves the row out. Classes of fewer than `folds` rows are left out too. */
  readonly classes: Uint32Array;
}

export const noClass = 0xffff_ffff;

export interface ProbeOptions {
  readonly folds: number;
  readonly seed: number;
}

export interface ProbeResult {
  readonly name: string;
  readonly rows: number;
  readonly classes: number;
  /** Share of held-out rows whose class the probe names: mean and sample deviation over folds. */
  readonly accuracy: { readonly mean: number; readonly deviation: number };
  /** The same for always naming the most frequent class. */
  readonly majority: number;
}

/** Kernels are factored whole: beyond this many rows a probe would take minutes. */
export const mostProbeRows = 1500;

/** Strengths tried on an inner split of the first fold's training rows, as shares of the mean squared length of a centred vector. */
const strengths = [1e-3, 1e-2, 1e-1, 1];

/**
 * What can be read from frozen vectors: a linear probe, cross-validated. Ridge classification (one against the rest, ±1, intercept by
 * centring), scikit-learn's `RidgeClassifier`, solved in its dual, so that width costs nothing and sparse points serve as well. Folds
 * are random and the same for every target. Yields factorisations done, of `folds + 1` a target. Throws `embedding-empty` where a target
 * has fewer than two classes, `embedding-shape` beyond `mostProbeRows`.
 */
export function* probeSteps(
  points: Points,
  targets: readonly ProbeTarget[],
  { folds, seed }: ProbeOptions,
): Steps<ProbeResult[]> {
  const set = geometry(points);
  if (set.count > mostProbeRows)
    throw new EmbeddingError(
      'embedding-shape',
      `A probe reads at most ${mostProbeRows} texts; these are ${set.count}.`,
      'Let the experiment draw fewer texts.',
      { rows: set.count },
    );
  const kernel = gram(set);
  const results: ProbeResult[] = [];
  let done = 0;
  for (const { name, classes } of targets) {
    const { rows, ids, classCount } = usable(classes, folds);
    if (classCount < 2)
      throw new EmbeddingError(
        'embedding-empty',
        `“${name}” has fewer than two classes of ${folds} texts.`,
        'Add texts, or choose another target.',
        { target: name },
      );
    const order = random(seed).shuffle(rows.map((_, i) => i));
    const foldOf = new Uint8Array(rows.length);
    order.forEach((at, i) => (foldOf[at] = i % folds));
    const member = (keep: (fold: number) => boolean) =>
      rows.flatMap((_, i) => (keep(foldOf[i] as number) ? [i] : []));
    const hit = (train: readonly number[], test: readonly number[], strength: number) =>
      accuracyOf(kernel, set.count, rows, ids, classCount, train, test, strength);

    let best = { strength: strengths[0] as number, accuracy: -1 };
    const inner = { train: member((f) => f > 1), test: member((f) => f === 1) };
    for (const strength of strengths) {
      const accuracy = hit(inner.train, inner.test, strength);
      if (accuracy > best.accuracy) best = { strength, accuracy };
      yield done + 0.2;
    }
    done++;
    const accuracies: number[] = [];
    for (let fold = 0; fold < folds; fold++) {
      accuracies.push(
        hit(
          member((f) => f !== fold),
          member((f) => f === fold),
          best.strength,
        ),
      );
      yield ++done;
    }
    const counts = new Float64Array(classCount);
    for (const id of ids) counts[id] = (counts[id] as number) + 1;
    results.push({
      name,
      rows: rows.length,
      classes: classCount,
      accuracy: { mean: mean(accuracies), deviation: deviation(accuracies) },
      majority: Math.max(...counts) / rows.length,
    });
  }
  return results;
}

/** Rows with a class frequent enough, and their classes numbered from 0. */
function usable(classes: Uint32Array, folds: number) {
  const counts = new Map<number, number>();
  for (const id of classes) if (id !== noClass) counts.set(id, (counts.get(id) ?? 0) + 1);
  const numbers = new Map<number, number>();
  for (const [id, count] of counts) if (count >= folds) numbers.set(id, numbers.size);
  const rows = Array.from(classes.keys()).filter((row) => numbers.has(classes[row] as number));
  const ids = Uint32Array.from(rows, (row) => numbers.get(classes[row] as number) as number);
  return { rows, ids, classCount: numbers.size };
}

/** Inner products of all rows, `[count, count]`. */
function gram(set: ReturnType<typeof geometry>): Float64Array {
  const { count, width } = set;
  const products = new Float64Array(count * count);
  const block = 64;
  const vectors = new Float64Array(block * width);
  const out = new Float64Array(count * block);
  for (let start = 0; start < count; start += block) {
    const end = Math.min(count, start + block);
    vectors.fill(0);
    for (let row = start; row < end; row++) set.copyRow(row, vectors, (row - start) * width);
    const dots = set.against(vectors, block);
    dots(0, count, out);
    for (let row = 0; row < count; row++)
      for (let q = start; q < end; q++) products[row * count + q] = out[row * block + (q - start)] as number;
  }
  return products;
}

/** Share of test rows whose class ridge classification on the training rows names; positions into `rows`. */
function accuracyOf(
  kernel: Float64Array,
  stride: number,
  rows: readonly number[],
  ids: Uint32Array,
  classCount: number,
  train: readonly number[],
  test: readonly number[],
  strength: number,
): number {
  const scores = ridgeScores({ kernel, stride, rows, ids, classCount, train, test, strength });
  let right = 0;
  for (let t = 0; t < test.length; t++) {
    let best = 0;
    for (let c = 1; c < classCount; c++)
      if ((scores[t * classCount + c] as number) > (scores[t * classCount + best] as number)) best = c;
    if (best === ids[test[t] as number]) right++;
  }
  return right / test.length;
}

/** Decision values `[test, classes]` of ridge classification with penalty `strength ·` mean squared length of a centred training vector. */
export function ridgeScores(problem: {
  readonly kernel: Float64Array;
  readonly stride: number;
  readonly rows: readonly number[];
  readonly ids: Uint32Array;
  readonly classCount: number;
  readonly train: readonly number[];
  readonly test: readonly number[];
  readonly strength: number;
}): Float64Array {
  const { kernel, stride, rows, ids, classCount, train, test, strength } = problem;
  const n = train.length;
  const at = (a: number, b: number) => kernel[(rows[a] as number) * stride + (rows[b] as number)] as number;
  // Centring in feature space: K - 1K - K1 + 1K1.
  const means = Float64Array.from(train, (a) => train.reduce((sum, b) => sum + at(a, b), 0) / n);
  const grand = means.reduce((a, b) => a + b, 0) / n;
  const centred = new Float64Array(n * n);
  let trace = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value =
        at(train[i] as number, train[j] as number) - (means[i] as number) - (means[j] as number) + grand;
      centred[i * n + j] = value;
      centred[j * n + i] = value;
    }
    trace += centred[i * n + i] as number;
  }
  const penalty = Math.max(1e-12, (strength * trace) / n);
  for (let i = 0; i < n; i++) centred[i * n + i] = (centred[i * n + i] as number) + penalty;
  const shares = new Float64Array(classCount);
  for (const i of train) shares[ids[i] as number] = (shares[ids[i] as number] as number) + 1 / n;
  const intercepts = shares.map((share) => 2 * share - 1);
  const targets = new Float64Array(n * classCount);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < classCount; c++)
      targets[i * classCount + c] = (ids[train[i] as number] === c ? 1 : -1) - (intercepts[c] as number);
  solve(centred, targets, n, classCount);
  const scores = new Float64Array(test.length * classCount);
  for (const [t, row] of test.entries()) {
    const own = Float64Array.from(train, (i) => at(row, i));
    const ownMean = own.reduce((a, b) => a + b, 0) / n;
    for (let i = 0; i < n; i++) {
      const value = (own[i] as number) - ownMean - (means[i] as number) + grand;
      if (value === 0) continue;
      for (let c = 0; c < classCount; c++)
        scores[t * classCount + c] =
          (scores[t * classCount + c] as number) + value * (targets[i * classCount + c] as number);
    }
    for (let c = 0; c < classCount; c++)
      scores[t * classCount + c] = (scores[t * classCount + c] as number) + (intercepts[c] as number);
  }
  return scores;
}

/** Solves A X = B in place of B for a symmetric positive definite A, which is overwritten by its Cholesky factor. */
function solve(a: Float64Array, b: Float64Array, n: number, columns: number): void {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j] as number;
      const [p, q] = [i * n, j * n];
      for (let k = 0; k < j; k++) sum -= (a[p + k] as number) * (a[q + k] as number);
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / (a[j * n + j] as number);
    }
  }
  for (let c = 0; c < columns; c++) {
    for (let i = 0; i < n; i++) {
      let sum = b[i * columns + c] as number;
      for (let k = 0; k < i; k++) sum -= (a[i * n + k] as number) * (b[k * columns + c] as number);
      b[i * columns + c] = sum / (a[i * n + i] as number);
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = b[i * columns + c] as number;
      for (let k = i + 1; k < n; k++) sum -= (a[k * n + i] as number) * (b[k * columns + c] as number);
      b[i * columns + c] = sum / (a[i * n + i] as number);
    }
  }
}
