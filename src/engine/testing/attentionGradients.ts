/** One sequence, one head, everything row-major; `r`, `biases`, `segmentEmbedding` and `segments` null in the absolute form. */
export interface OneHead {
  /** Tokens S and head size D. */
  readonly tokens: number;
  readonly headSize: number;
  /** `[S, 3 D]`: q, k, v. */
  readonly qkv: Float32Array;
  readonly relative: {
    /** `[2 S, D]`: row c is distance `i - j = S - c`. */
    readonly r: Float32Array;
    /** `[3, D]`: u, w, b. */
    readonly biases: Float32Array;
    /** `[2, D]`: same, different. */
    readonly segmentEmbedding: Float32Array;
    readonly segments: Int32Array;
  } | null;
}

export interface OneHeadGradients {
  readonly o: Float64Array;
  readonly dQkv: Float64Array;
  readonly dR: Float64Array;
  readonly dBiases: Float64Array;
  readonly dSegment: Float64Array;
}

/**
 * Attention and its gradient as the formulas of docs/kernels.md read, pair by pair in float64, probabilities formed anew from the
 * log-sum-exp: no S² anywhere here either, so that thousands of tokens can be checked. `dO` is asked for once o is known.
 */
export function oneHeadGradients(head: OneHead, dO: (o: Float64Array) => Float64Array): OneHeadGradients {
  const { tokens: S, headSize: D, relative } = head;
  const column = (part: number) =>
    Float64Array.from(
      { length: S * D },
      (_, at) => head.qkv[Math.floor(at / D) * 3 * D + part * D + (at % D)] as number,
    );
  const [q, k, v] = [column(0), column(1), column(2)] as const;
  const bias = (row: number, d: number) => (relative ? (relative.biases[row * D + d] as number) : 0);
  const plus = (row: number) => Float64Array.from(q, (x, at) => x + bias(row, at % D));
  const [qu, qw, qb] = [plus(0), plus(1), plus(2)] as const;
  const r = Float64Array.from(relative?.r ?? new Float32Array(2 * S * D));
  const e = Float64Array.from(relative?.segmentEmbedding ?? new Float32Array(2 * D));
  const segments = relative?.segments ?? new Int32Array(S);
  const scale = 1 / Math.sqrt(D);
  const dot = (a: Float64Array, i: number, b: Float64Array, j: number) => {
    let sum = 0;
    for (let d = 0; d < D; d++) sum += (a[i * D + d] as number) * (b[j * D + d] as number);
    return sum;
  };
  const add = (into: Float64Array, i: number, weight: number, from: Float64Array, j: number) => {
    for (let d = 0; d < D; d++)
      into[i * D + d] = (into[i * D + d] as number) + weight * (from[j * D + d] as number);
  };
  const pair = (i: number, j: number) => (segments[i] === segments[j] ? 0 : 1);
  const segmentScores = Float64Array.from({ length: 2 * S }, (_, at) => dot(qb, at >> 1, e, at & 1));
  const score = (i: number, j: number) =>
    scale *
    (dot(qu, i, k, j) +
      (relative ? dot(qw, i, r, S - i + j) + (segmentScores[2 * i + pair(i, j)] as number) : 0));

  const o = new Float64Array(S * D);
  const logSumExp = new Float64Array(S);
  const scores = new Float64Array(S);
  for (let i = 0; i < S; i++) {
    let top = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < S; j++) top = Math.max(top, (scores[j] = score(i, j)));
    let sum = 0;
    for (let j = 0; j < S; j++) sum += Math.exp((scores[j] as number) - top);
    logSumExp[i] = top + Math.log(sum);
    for (let j = 0; j < S; j++) add(o, i, Math.exp((scores[j] as number) - (logSumExp[i] as number)), v, j);
  }

  const upstream = dO(o);
  const dq = new Float64Array(S * D);
  const dk = new Float64Array(S * D);
  const dv = new Float64Array(S * D);
  const dR = new Float64Array(2 * S * D);
  const dBiases = new Float64Array(3 * D);
  const dSegment = new Float64Array(2 * D);
  for (let i = 0; i < S; i++) {
    const own = dot(upstream, i, o, i);
    const ofPair = [0, 0];
    for (let j = 0; j < S; j++) {
      const p = Math.exp(score(i, j) - (logSumExp[i] as number));
      const g = scale * p * (dot(upstream, i, v, j) - own);
      add(dq, i, g, k, j);
      add(dk, j, g, qu, i);
      add(dv, j, p, upstream, i);
      if (!relative) continue;
      add(dBiases, 0, g, k, j);
      add(dq, i, g, r, S - i + j);
      add(dBiases, 1, g, r, S - i + j);
      add(dR, S - i + j, g, qw, i);
      const t = pair(i, j);
      ofPair[t] = (ofPair[t] as number) + g;
    }
    for (const t of [0, 1]) {
      add(dq, i, ofPair[t] as number, e, t);
      add(dBiases, 2, ofPair[t] as number, e, t);
      add(dSegment, t, ofPair[t] as number, qb, i);
    }
  }
  const dQkv = new Float64Array(S * 3 * D);
  [dq, dk, dv].forEach((part, n) =>
    part.forEach((x, at) => (dQkv[Math.floor(at / D) * 3 * D + n * D + (at % D)] = x)),
  );
  return { o, dQkv, dR, dBiases, dSegment };
}
