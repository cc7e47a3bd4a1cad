/**
 * Exponential moving average, corrected for its start as Adam corrects its moments, so that the first points are not
 * pulled to zero. `weight` in [0, 1): 0 returns the values. Values that are not finite leave the average as it was.
 */
export function smooth(values: readonly number[], weight: number): number[] {
  let mean = 0;
  let mass = 0;
  return values.map((value) => {
    if (Number.isFinite(value)) {
      mean = weight * mean + (1 - weight) * value;
      mass = weight * mass + (1 - weight);
    }
    return mass === 0 ? Number.NaN : mean / mass;
  });
}

/**
 * Positions of at most about `points` values that look like all of them: the lowest and the highest of each bucket, so
 * that a spike survives. Ascending; the first and the last always stay.
 */
export function thin(values: ArrayLike<number>, points: number): number[] {
  const count = values.length;
  if (count <= points) return Array.from({ length: count }, (_, i) => i);
  const buckets = Math.max(1, Math.floor(points / 2));
  const kept = new Set<number>([0, count - 1]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * count) / buckets);
    const end = Math.floor(((bucket + 1) * count) / buckets);
    let low = start;
    let high = start;
    for (let i = start; i < end; i++) {
      const value = values[i] as number;
      if (value < (values[low] as number)) low = i;
      if (value > (values[high] as number)) high = i;
    }
    kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b);
}
