import { random } from '../../../base/random.ts';
import { within, type Steps } from '../../../base/steps.ts';
import { normalise, widthMismatch, type Vectors } from '../vectors.ts';
import { neighbourSteps } from './neighbours.ts';

export interface CorrelationOptions {
  /** Directions that the distributions are looked at along; 64. */
  readonly projections?: number;
  readonly seed: number;
}

export interface TaskCorrelation {
  /** Mean over the rows of set i of the largest cosine with a row of set j, `[sets, sets]`: not symmetric; 1 on the diagonal. */
  readonly maxCosine: Float64Array;
  /** Sliced 1-Wasserstein distance of the unit vectors, `[sets, sets]`, symmetric. */
  readonly wasserstein: Float64Array;
}

/**
 * How alike the tasks of several data sets are (PIE's task correlation). Vectors are brought to unit length; upstream divides them by
 * their sum, which turns those round whose sum is negative, and is not followed. Yields pairs done. Throws `embedding-shape`.
 */
export function* correlationSteps(
  sets: readonly Vectors[],
  { projections = 64, seed }: CorrelationOptions,
): Steps<TaskCorrelation> {
  const n = sets.length;
  const units = sets.map(({ count, width, values }) => normalise({ count, width, values: values.slice() }));
  const maxCosine = new Float64Array(n * n);
  const wasserstein = new Float64Array(n * n);
  let done = 0;
  for (let i = 0; i < n; i++) {
    maxCosine[i * n + i] = 1;
    for (let j = 0; j < n; j++) {
      const [a, b] = [units[i], units[j]];
      if (i === j || !a || !b) continue;
      if (a.width !== b.width) throw widthMismatch(a.width, b.width);
      const before = done;
      const search = neighbourSteps(a, b, { k: 1 });
      const { scores } = yield* within(search, (rows) => before + (0.9 * rows) / a.count);
      maxCosine[i * n + j] = scores.reduce((sum, score) => sum + score, 0) / a.count;
      if (j > i) {
        const distance = slicedWasserstein(a, b, projections, seed);
        wasserstein[i * n + j] = distance;
        wasserstein[j * n + i] = distance;
      }
      yield ++done;
    }
  }
  return { maxCosine, wasserstein };
}

/** Mean over random unit directions of the 1-Wasserstein distance of the two sets' projections (Rabin et al. 2011). Seeded. */
export function slicedWasserstein(a: Vectors, b: Vectors, projections: number, seed: number): number {
  if (a.width !== b.width) throw widthMismatch(a.width, b.width);
  const normal = random(seed);
  let total = 0;
  for (let p = 0; p < projections; p++) {
    const direction = Float64Array.from({ length: a.width }, () => normal.normal());
    const norm = Math.hypot(...direction);
    for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] as number) / norm;
    total += wasserstein1(projected(a, direction), projected(b, direction));
  }
  return total / projections;
}

/** The 1-Wasserstein distance of two samples on a line, of any sizes (scipy's `wasserstein_distance`). Sorts both. */
export function wasserstein1(a: Float64Array, b: Float64Array): number {
  a.sort();
  b.sort();
  // The area between the two cumulative distributions.
  let [i, j, area] = [0, 0, 0];
  let at = Math.min(a[0] ?? 0, b[0] ?? 0);
  while (i < a.length || j < b.length) {
    const next = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    area += Math.abs(i / a.length - j / b.length) * (next - at);
    at = next;
    while (i < a.length && (a[i] as number) <= at) i++;
    while (j < b.length && (b[j] as number) <= at) j++;
  }
  return area;
}

function projected({ count, width, values }: Vectors, direction: Float64Array): Float64Array {
  return Float64Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += (values[row * width + i] as number) * (direction[i] as number);
    return sum;
  });
}
