// A unigram language model over pieces (Kudo 2018): the best segmentation of a word, and expected counts for EM.

/** Pieces with their natural-log probabilities. */
export interface UnigramPieces {
  readonly scores: ReadonlyMap<string, number>;
  /** In code points. */
  readonly longest: number;
}

export function unigramPieces(entries: Iterable<readonly [string, number]>): UnigramPieces {
  const scores = new Map(entries);
  let longest = 1;
  for (const piece of scores.keys()) longest = Math.max(longest, codePointCount(piece));
  return { scores, longest };
}

/** Where the code points of `text` begin, and its end. */
export function boundaries(text: string): number[] {
  const result = [0];
  for (let at = 0; at < text.length; result.push(at)) at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
  return result;
}

export interface Segmentation {
  readonly pieces: readonly string[];
  readonly score: number;
}

/**
 * The most probable segmentation of a word (Viterbi). A character that no piece covers becomes a piece of its own with
 * `unknownScore`. Ties go to the longer first piece, as in Hugging Face's lattice. `forbidden` is a piece not to use.
 */
export function segment(
  word: string,
  { scores, longest }: UnigramPieces,
  unknownScore: number,
  forbidden?: string,
): Segmentation {
  const ends = boundaries(word);
  const count = ends.length - 1;
  const best = new Float64Array(count + 1).fill(Number.NEGATIVE_INFINITY);
  const from = new Int32Array(count + 1);
  best[0] = 0;
  for (let i = 0; i < count; i++) {
    const base = best[i] as number;
    const start = ends[i] as number;
    let hasSingle = false;
    for (let j = i + 1; j <= count && j - i <= longest; j++) {
      const piece = word.slice(start, ends[j] as number);
      const score = piece === forbidden ? undefined : scores.get(piece);
      if (score === undefined) continue;
      if (j === i + 1) hasSingle = true;
      if (base + score > (best[j] as number)) {
        best[j] = base + score;
        from[j] = i;
      }
    }
    if (!hasSingle && base + unknownScore > (best[i + 1] as number)) {
      best[i + 1] = base + unknownScore;
      from[i + 1] = i;
    }
  }
  const pieces: string[] = [];
  for (let j = count; j > 0; j = from[j] as number)
    pieces.push(word.slice(ends[from[j] as number] as number, ends[j] as number));
  return { pieces: pieces.reverse(), score: best[count] as number };
}

/**
 * Adds `weight` times the posterior probability of every piece in `word` to `counts` (forward-backward), and returns
 * the word's log probability. The pieces must cover every character.
 */
export function addExpectedCounts(
  word: string,
  { scores, longest }: UnigramPieces,
  weight: number,
  counts: Map<string, number>,
): number {
  const ends = boundaries(word);
  const count = ends.length - 1;
  const edges: { i: number; j: number; piece: string; score: number }[] = [];
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j <= count && j - i <= longest; j++) {
      const piece = word.slice(ends[i] as number, ends[j] as number);
      const score = scores.get(piece);
      if (score !== undefined) edges.push({ i, j, piece, score });
    }
  }
  const forward = new Float64Array(count + 1).fill(Number.NEGATIVE_INFINITY);
  const backward = new Float64Array(count + 1).fill(Number.NEGATIVE_INFINITY);
  forward[0] = 0;
  backward[count] = 0;
  for (const { i, j, score } of edges)
    forward[j] = logAdd(forward[j] as number, (forward[i] as number) + score);
  for (let e = edges.length - 1; e >= 0; e--) {
    const { i, j, score } = edges[e] as (typeof edges)[number];
    backward[i] = logAdd(backward[i] as number, (backward[j] as number) + score);
  }
  const total = forward[count] as number;
  if (total === Number.NEGATIVE_INFINITY) throw new RangeError(`No piece covers a character of '${word}'.`);
  for (const { i, j, piece, score } of edges) {
    const posterior = Math.exp((forward[i] as number) + score + (backward[j] as number) - total);
    counts.set(piece, (counts.get(piece) ?? 0) + weight * posterior);
  }
  return weight * total;
}

function logAdd(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY) return b;
  if (b === Number.NEGATIVE_INFINITY) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

export function codePointCount(text: string): number {
  return boundaries(text).length - 1;
}
