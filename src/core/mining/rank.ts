/** The best rows, highest score first, equal ones by row: at most `limit`. O(n log limit), with no sort of all. */
export function topRows(scores: ArrayLike<number>, limit: number): Uint32Array {
  const size = Math.min(limit, scores.length);
  // A heap whose root is the worst of those kept.
  const heap = new Uint32Array(size);
  const scoreOf = (row: number) => scores[row] as number;
  const isWorse = (a: number, b: number) => scoreOf(a) < scoreOf(b) || (scoreOf(a) === scoreOf(b) && a > b);
  const sink = (from: number, end: number) => {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= end) return;
      if (child + 1 < end && isWorse(heap[child + 1] as number, heap[child] as number)) child++;
      const [parentRow, childRow] = [heap[at] as number, heap[child] as number];
      if (!isWorse(childRow, parentRow)) return;
      heap[at] = childRow;
      heap[child] = parentRow;
      at = child;
    }
  };
  for (let i = 0; i < size; i++) heap[i] = i;
  for (let i = (size >> 1) - 1; i >= 0; i--) sink(i, size);
  for (let row = size; row < scores.length; row++) {
    if (size === 0 || !isWorse(heap[0] as number, row)) continue;
    heap[0] = row;
    sink(0, size);
  }
  // The worst goes to the end, again and again: what is left stands best first.
  for (let end = size - 1; end > 0; end--) {
    const worst = heap[0] as number;
    heap[0] = heap[end] as number;
    heap[end] = worst;
    sink(0, end);
  }
  return heap;
}

/** What judgements say of the first K of a ranking. */
export interface Precision {
  readonly k: number;
  readonly judged: number;
  readonly relevant: number;
  /** Relevant among the judged; null while none is judged. */
  readonly precision: number | null;
}

/** Precision at K: of the first K rows, those judged right among those judged. `judgement` is null where there is none. */
export function precisionAt(
  ranking: ArrayLike<number>,
  k: number,
  judgement: (row: number) => boolean | null,
): Precision {
  let [judged, relevant] = [0, 0];
  const end = Math.min(k, ranking.length);
  for (let i = 0; i < end; i++) {
    const found = judgement(ranking[i] as number);
    if (found === null) continue;
    judged++;
    if (found) relevant++;
  }
  return { k: end, judged, relevant, precision: judged === 0 ? null : relevant / judged };
}

/**
 * Average precision of a whole ranking by gold (0 or 1 a row), equal scores taken together: scikit-learn's `average_precision_score`.
 * Null without a relevant row. Two numeric sorts, no comparator.
 */
export function averagePrecision(scores: ArrayLike<number>, gold: ArrayLike<number>): number | null {
  let count = 0;
  for (let row = 0; row < scores.length; row++) if (gold[row]) count++;
  if (count === 0) return null;
  const all = new Float64Array(scores.length);
  const relevant = new Float64Array(count);
  for (let row = 0, at = 0; row < scores.length; row++) {
    all[row] = scores[row] as number;
    if (gold[row]) relevant[at++] = scores[row] as number;
  }
  all.sort();
  relevant.sort();
  let sum = 0;
  let place = all.length;
  for (let at = count; at > 0;) {
    const score = relevant[at - 1] as number;
    let from = at;
    while (from > 0 && relevant[from - 1] === score) from--;
    while (place > 0 && (all[place - 1] as number) >= score) place--;
    sum += ((at - from) * (count - from)) / (all.length - place);
    at = from;
  }
  return sum / count;
}
