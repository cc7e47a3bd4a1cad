// The three distributions that the tests of this folder need, in closed form: installed libraries have them as tables or to
// seven digits, too coarse for the small p-values that corrections for several comparisons ask for.

/** Complementary error function, to about 1e-14 relative: the series of erf near 0, Lentz's continued fraction beyond. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2) {
    // erf x = 2/√π e^{-x²} Σ 2ⁿ x^{2n+1} / (2n+1)!!: all terms positive, nothing cancels (Abramowitz and Stegun 7.1.6).
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) sum += term *= (2 * x * x) / (2 * n + 1);
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  if (x > 27.3) return 0;
  // √π e^{x²} erfc x = 1/(x+ (1/2)/(x+ 1/(x+ (3/2)/(x+ ...)))) (7.1.14).
  let f = x;
  let c = x;
  let d = 0;
  for (let n = 1; n < 500; n++) {
    d = 1 / (x + (n / 2) * d);
    c = x + n / 2 / c;
    f *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * f);
}

/** P(Z <= z) of the standard normal. */
export function normalCdf(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}

/** The z with P(Z <= z) = p, by bisection on `normalCdf`; infinite at 0 and 1. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  return p < 0.5 ? -normalQuantile(1 - p) : invert((z) => normalCdf(z), p, 40);
}

/** P(X > x) of chi-squared with one degree of freedom, the square of a standard normal. */
export function chiSquaredTail(x: number): number {
  return x <= 0 ? 1 : erfc(Math.sqrt(x / 2));
}

/** P(|T| <= t) of Student's t for a whole number of degrees of freedom: a finite sum (Abramowitz and Stegun 26.7.3-4). */
function studentWithin(t: number, degrees: number): number {
  const angle = Math.atan(Math.abs(t) / Math.sqrt(degrees));
  const cos2 = Math.cos(angle) ** 2;
  const odd = degrees % 2 === 1;
  let term = odd ? Math.cos(angle) : 1;
  let sum = odd && degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) sum += term *= (cos2 * (k - 1)) / k;
  return odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}

/** P(|T| >= |t|): the two-sided p-value. */
export function studentTwoSided(t: number, degrees: number): number {
  return Math.max(0, 1 - studentWithin(t, degrees));
}

/** The t with P(|T| <= t) = `confidence`. */
export function studentQuantile(confidence: number, degrees: number): number {
  return invert((t) => studentWithin(t, degrees), confidence, 1e9);
}

/** P(X <= k) of n fair coins; exact to rounding for the n < 1,000 that exact tests are used for. */
export function fairCoinsAtMost(k: number, n: number): number {
  let term = 0.5 ** n;
  let sum = 0;
  for (let i = 0; i <= Math.min(k, n); i++) {
    sum += term;
    term *= (n - i) / (i + 1);
  }
  return Math.min(1, sum);
}

/** The x in [0, high] where a rising function reaches `value`, by bisection to the last bit. */
function invert(rising: (x: number) => number, value: number, high: number): number {
  let low = 0;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (rising(middle) < value) low = middle;
    else high = middle;
  }
}

/** The p-quantile of ascending values by linear interpolation, NumPy's default. NaN without values. */
export function quantile(ascending: ArrayLike<number>, p: number): number {
  if (ascending.length === 0) return Number.NaN;
  const at = Math.min(Math.max(p, 0), 1) * (ascending.length - 1);
  const low = Math.floor(at);
  const a = ascending[low] as number;
  const b = ascending[Math.min(low + 1, ascending.length - 1)] as number;
  return a === b ? a : a + (at - low) * (b - a);
}
