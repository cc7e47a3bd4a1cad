/** A weighted observation. */
export interface Observation {
  readonly x: number;
  readonly y: number;
  readonly weight: number;
}

/** A rising curve through noise, by its knots: `x` ascending, `y` never falling. */
export interface RisingCurve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * Isotonic least squares by pooling adjacent violators (Ayer et al. 1955): the best curve that never falls, without a shape to be
 * guessed. A pool is flat from its first x to its last. Observations of no weight are left out.
 */
export function fitRising(observations: Iterable<Observation>): RisingCurve {
  const pools: { from: number; to: number; y: number; weight: number }[] = [];
  const sorted = [...observations].filter((o) => o.weight > 0).sort((a, b) => a.x - b.x);
  for (const { x, y, weight } of sorted) {
    let pool = { from: x, to: x, y, weight };
    for (let last = pools.at(-1); last && (last.y > pool.y || last.to === pool.from); last = pools.at(-1)) {
      const sum = last.weight + pool.weight;
      const mean = (last.y * last.weight + pool.y * pool.weight) / sum;
      pool = { from: last.from, to: pool.to, y: mean, weight: sum };
      pools.pop();
    }
    pools.push(pool);
  }
  const knots = pools.flatMap(
    ({ from, to, y }) =>
      (from === to
        ? [[from, y]]
        : [
            [from, y],
            [to, y],
          ]) as [number, number][],
  );
  return { x: knots.map(([x]) => x), y: knots.map(([, y]) => y) };
}

/** The curve at x: straight between knots, flat beyond the first and the last. NaN without knots. */
export function valueAt({ x, y }: RisingCurve, at: number): number {
  const next = x.findIndex((knot) => knot > at);
  if (next === 0) return y[0] as number;
  if (next < 0) return y.at(-1) ?? Number.NaN;
  const [x0, x1] = [x[next - 1] as number, x[next] as number];
  const [y0, y1] = [y[next - 1] as number, y[next] as number];
  return y0 + ((at - x0) / (x1 - x0)) * (y1 - y0);
}
