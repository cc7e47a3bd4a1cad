export interface LengthHistogram {
  /** Rows of `i * binWidth` to `(i + 1) * binWidth - 1` tokens. */
  readonly counts: readonly number[];
  readonly binWidth: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
  readonly mean: number;
  /** Rows longer than `maxLength`. */
  readonly truncatedRows: number;
  /** Tokens beyond it, which the model never reads. */
  readonly lostTokens: number;
}

/**
 * Histogram of token lengths before truncation (`TokenTable.fullLengths`), with what `maxLength` would cut off.
 * Bins have a round width, `maxBins` of them at most. Empty input gives no bins and zeros.
 */
export function lengthHistogram(lengths: Uint32Array, maxLength: number, maxBins = 60): LengthHistogram {
  const sorted = lengths.slice().sort();
  const count = sorted.length;
  const max = sorted[count - 1] ?? 0;
  const binWidth = roundWidth((max + 1) / Math.max(1, maxBins));
  const counts = Array.from({ length: count === 0 ? 0 : Math.floor(max / binWidth) + 1 }, () => 0);
  let total = 0;
  let lost = 0;
  let truncatedRows = 0;
  for (const length of sorted) {
    const bin = Math.floor(length / binWidth);
    counts[bin] = (counts[bin] ?? 0) + 1;
    total += length;
    if (length > maxLength) {
      truncatedRows++;
      lost += length - maxLength;
    }
  }
  return {
    counts,
    binWidth,
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    max,
    mean: count === 0 ? 0 : total / count,
    truncatedRows,
    lostTokens: lost,
  };
}

/** The nearest-rank quantile: always a length that occurs. */
function quantile(sorted: Uint32Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

/** The smallest of 1, 2, 5, 10, 20, ... that is at least `width`. */
function roundWidth(width: number): number {
  for (let scale = 1; ; scale *= 10)
    for (const step of [1, 2, 5]) if (step * scale >= width) return step * scale;
}
