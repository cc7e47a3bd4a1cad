/** The k best of each row so far, by falling score; an equal score goes behind. `isNew` marks what descent has not looked at. */
export class NeighbourLists {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
  readonly isNew: Uint8Array;

  constructor(
    readonly count: number,
    readonly k: number,
  ) {
    this.rows = new Uint32Array(count * k);
    this.scores = new Float32Array(count * k).fill(Number.NEGATIVE_INFINITY);
    this.isNew = new Uint8Array(count * k);
  }

  /** What a score has to beat. */
  worst(row: number): number {
    return this.scores[row * this.k + this.k - 1] as number;
  }

  /** Of a list that is full. */
  has(row: number, other: number): boolean {
    const { k, rows } = this;
    for (let at = row * k; at < (row + 1) * k; at++) if (rows[at] === other) return true;
    return false;
  }

  /** The caller knows that the score beats the worst and that the row is not there yet. */
  insert(row: number, other: number, score: number): void {
    const { k, rows, scores, isNew } = this;
    const base = row * k;
    let at = base + k - 1;
    for (; at > base && (scores[at - 1] as number) < score; at--) {
      scores[at] = scores[at - 1] as number;
      rows[at] = rows[at - 1] as number;
      isNew[at] = isNew[at - 1] as number;
    }
    scores[at] = score;
    rows[at] = other;
    isNew[at] = 1;
  }
}
