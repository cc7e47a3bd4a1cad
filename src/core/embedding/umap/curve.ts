/** 1 / (1 + a · x^2b): how strongly two points of the map belong together at distance x. */
export interface Curve {
  readonly a: number;
  readonly b: number;
}

const samples = 300;
const spread = 1;
const mostRounds = 200;

/**
 * The curve nearest (least squares, Levenberg-Marquardt) to 1 up to `minDist` and falling exponentially beyond, over 0 .. 3, as
 * umap-learn's `find_ab_params`.
 */
export function fitCurve(minDist: number): Curve {
  const xs = Array.from({ length: samples }, (_, i) => (3 * spread * i) / (samples - 1));
  const ys = xs.map((x) => (x < minDist ? 1 : Math.exp(-(x - minDist) / spread)));
  let curve: Curve = { a: 1, b: 1 };
  let error = errorOf(curve, xs, ys);
  let damping = 1e-3;
  for (let round = 0; round < mostRounds && damping < 1e12; round++) {
    const next = moved(curve, xs, ys, damping);
    const nextError = errorOf(next, xs, ys);
    if (nextError < error) {
      const gain = error - nextError;
      [curve, error] = [next, nextError];
      damping /= 10;
      if (gain < 1e-14) break;
    } else damping *= 10;
  }
  return curve;
}

function errorOf({ a, b }: Curve, xs: readonly number[], ys: readonly number[]): number {
  return xs.reduce((sum, x, i) => sum + (1 / (1 + a * x ** (2 * b)) - (ys[i] as number)) ** 2, 0);
}

/** One damped Gauss-Newton step. */
function moved({ a, b }: Curve, xs: readonly number[], ys: readonly number[], damping: number): Curve {
  let [aa, ab, bb, ga, gb] = [0, 0, 0, 0, 0];
  xs.forEach((x, i) => {
    if (x === 0) return;
    const power = x ** (2 * b);
    const value = 1 / (1 + a * power);
    const slopeA = -power * value * value;
    const slopeB = slopeA * a * 2 * Math.log(x);
    const off = value - (ys[i] as number);
    aa += slopeA * slopeA;
    ab += slopeA * slopeB;
    bb += slopeB * slopeB;
    ga += slopeA * off;
    gb += slopeB * off;
  });
  aa *= 1 + damping;
  bb *= 1 + damping;
  const determinant = aa * bb - ab * ab;
  if (determinant === 0) return { a, b };
  return { a: a - (bb * ga - ab * gb) / determinant, b: b - (aa * gb - ab * ga) / determinant };
}
