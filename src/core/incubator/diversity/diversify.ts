import type { TaskOptions } from '../../../base/progress.ts';
import { random } from '../../../base/random.ts';
import { within, type Steps } from '../../../base/steps.ts';
import { geometry } from '../../clustering/geometry.ts';
import type { Points } from '../../clustering/points.ts';
import { inThousandths } from '../../clustering/task.ts';
import type { GeneratedSet } from '../types.ts';
import { chooseRows, type DiversifyMethod } from './choose.ts';
import { badBatch, badVectors, noTexts } from './errors.ts';
import { objectPoints, vectorsPerObject, type DiversityUnit } from './units.ts';

export interface DiversifyOptions extends TaskOptions {
  /** Objects kept of each batch: the paper's K, 8. */
  readonly k: number;
  /** Objects that are clustered together: the paper's 1,024. A rest smaller than K joins the batch before it. */
  readonly batchSize: number;
  readonly seed: number;
  readonly unit: DiversityUnit;
  /** `random`: what the others are compared with, at the same count. */
  readonly method: DiversifyMethod;
}

/** What is kept of one batch. */
export interface DiversifiedBatch {
  readonly from: number;
  readonly to: number;
  /** Objects of the set, ascending; fewer than K where the batch holds fewer different ones. */
  readonly kept: Uint32Array;
  /** Cluster of each object from `from` to `to`; -1 is noise. Null for `random`. */
  readonly clusters: Int32Array | null;
}

export interface Diversified {
  /** Objects of the set, ascending. */
  readonly kept: Uint32Array;
  readonly batches: readonly DiversifiedBatch[];
}

/**
 * Self-diversification (Incubator): cuts the set into batches in the order of generation, clusters each and keeps the K objects nearest to
 * the cluster centres. `vectors` are those of `unitTexts(set, unit)`, in that order. Same input and seed: same choice.
 *
 * `hierarchical` is Ward's; both take the K nearest to the K clusters' means. `hdbscan` finds its own number of clusters: the K are taken
 * in turns from the largest on. Throws `diversity-empty`, `diversity-shape`, `diversity-batch`, `points-too-many`, `points-not-finite`, `aborted`.
 */
export async function diversify(
  set: GeneratedSet,
  vectors: Points,
  { signal, onProgress, ...options }: DiversifyOptions,
): Promise<Diversified> {
  const bounds = batchBounds(set.samples.length, options.batchSize, options.k);
  return inThousandths('diversifying', bounds.length, diversifySteps(set, vectors, options), {
    signal,
    onProgress,
  });
}

/** The same as steps, 1,000 a batch. */
function* diversifySteps(
  set: GeneratedSet,
  vectors: Points,
  { k, batchSize, seed, unit, method }: Omit<DiversifyOptions, keyof TaskOptions>,
): Steps<Diversified> {
  if (set.samples.length === 0) throw noTexts();
  if (!Number.isInteger(k) || !Number.isInteger(batchSize) || k < 1 || batchSize < k)
    throw badBatch(k, batchSize);
  const each = vectorsPerObject(set.labels.length, unit);
  const given = 'rowCount' in vectors ? vectors.rowCount : vectors.count;
  if (given !== set.samples.length * each) throw badVectors(given, set.samples.length * each);
  const points = geometry(objectPoints(vectors, each));
  const batches: DiversifiedBatch[] = [];
  const bounds = batchBounds(set.samples.length, batchSize, k);
  for (const [number, { from, to }] of bounds.entries()) {
    const batch = points.gather(Uint32Array.from({ length: to - from }, (_, i) => from + i));
    const steps = chooseRows(batch, k, method, random(seed, number));
    const { rows, clusters } = yield* within(steps, (done) => number * 1000 + done);
    batches.push({ from, to, kept: rows.map((row) => row + from), clusters });
    yield (number + 1) * 1000;
  }
  return { kept: Uint32Array.from(batches.flatMap(({ kept }) => [...kept])), batches };
}

function batchBounds(count: number, batchSize: number, k: number) {
  const bounds: { from: number; to: number }[] = [];
  for (let from = 0; from < count; from += batchSize) {
    const to = Math.min(from + batchSize, count);
    const last = bounds.at(-1);
    if (last && to - from < k) last.to = to;
    else bounds.push({ from, to });
  }
  return bounds;
}

/** The chosen objects as a set of the same instruction. */
export function takeObjects(set: GeneratedSet, rows: ArrayLike<number>): GeneratedSet {
  const samples = Array.from(rows, (row) => set.samples[row]).filter((texts) => texts !== undefined);
  return { ...set, samples };
}
