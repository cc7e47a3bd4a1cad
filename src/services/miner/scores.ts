import { serialQueue } from '../../base/serialQueue.ts';
import { MinerError } from './errors.ts';
import {
  scoresBytes,
  scoresIndexKey,
  scoresKey,
  type KeptScores,
  type MinerStorage,
  type ScoresIndex,
} from './storage.ts';

interface Scores {
  readonly rowCount: number;
  readonly columns: readonly Float32Array[];
  done: number;
  /** Rows in storage. */
  kept: number;
}

/** Scores in memory are given up beyond this, those asked for longest ago first: 150 classes over 100,000 rows are 60 MB. */
const memoryBytes = 768 * 2 ** 20;

/** Scores of classifiers over corpora: in memory while they are asked for, in storage for the next visit. */
export class ScoreTable {
  readonly #storage: MinerStorage;
  /** Least recently asked for first. */
  readonly #open = new Map<string, Scores>();

  readonly #keptBytes: number;
  /** Two first rows of one classifier, or two notes of what is kept, would take each other's place. */
  readonly #inOrder = serialQueue();

  /** `keptBytes`: what scores may take in storage. */
  constructor(storage: MinerStorage, keptBytes = 512 * 2 ** 20) {
    this.#storage = storage;
    this.#keptBytes = keptBytes;
  }

  /** What there is for a corpus of so many rows; null where there is nothing yet. */
  async find(corpus: string, id: string, rowCount: number): Promise<Scores | null> {
    const key = scoresKey(corpus, id);
    const open = this.#open.get(key);
    if (open && open.rowCount === rowCount) {
      this.#open.delete(key);
      this.#open.set(key, open);
      return open;
    }
    const kept = (await this.#storage.get(key)) as KeptScores | undefined;
    if (!kept || kept.rowCount !== rowCount) return null;
    const scores = { rowCount, columns: kept.columns, done: kept.done, kept: kept.done };
    this.#remember(key, scores);
    return scores;
  }

  /** Appends log-odds `[rows, labels]` at row `from`. Throws `scores-out-of-order`. */
  append(
    corpus: string,
    id: string,
    rowCount: number,
    labels: number,
    from: number,
    logOdds: Float32Array,
  ): Promise<number> {
    return this.#inOrder(async () => {
      let scores = await this.find(corpus, id, rowCount);
      if (!scores) {
        const columns = Array.from({ length: labels }, () => new Float32Array(rowCount));
        scores = { rowCount, columns, done: 0, kept: 0 };
        this.#remember(scoresKey(corpus, id), scores);
      }
      const rows = logOdds.length / labels;
      if (from !== scores.done || from + rows > rowCount)
        throw new MinerError(
          'scores-out-of-order',
          `Scores of rows ${from + 1} to ${from + rows} came where row ${scores.done + 1} of ${rowCount} is due.`,
          'Start the scoring again; what is done is kept.',
          { from, rows, done: scores.done, rowCount },
        );
      scores.columns.forEach((column, label) => {
        for (let row = 0; row < rows; row++) column[from + row] = logOdds[row * labels + label] as number;
      });
      scores.done = from + rows;
      return scores.done;
    });
  }

  /** Writes what is not in storage yet. A full disk costs the next visit the work, not this one. */
  async keep(corpus: string, id: string): Promise<boolean> {
    const key = scoresKey(corpus, id);
    const scores = this.#open.get(key);
    if (!scores || scores.kept === scores.done) return true;
    const { rowCount, columns, done } = scores;
    try {
      await this.#storage.set(key, { rowCount, columns, done } satisfies KeptScores);
      scores.kept = done;
      await this.#inOrder(() => this.#makeRoom(key, scoresBytes(scores)));
      return true;
    } catch {
      return false;
    }
  }

  /** Notes what is kept, and gives up the scores that were kept longest ago where all take too much. They can be made again. */
  async #makeRoom(key: string, bytes: number): Promise<void> {
    const before = ((await this.#storage.get(scoresIndexKey)) as ScoresIndex | undefined) ?? [];
    const index = [...before.filter((entry) => entry.key !== key), { key, bytes }];
    let total = index.reduce((sum, entry) => sum + entry.bytes, 0);
    while (total > this.#keptBytes && index.length > 1) {
      const oldest = index.shift();
      if (!oldest) break;
      total -= oldest.bytes;
      await this.#storage.delete(oldest.key);
    }
    await this.#storage.set(scoresIndexKey, index);
  }

  #remember(key: string, scores: Scores): void {
    this.#open.set(key, scores);
    let bytes = [...this.#open.values()].reduce((sum, each) => sum + scoresBytes(each), 0);
    for (const [other, each] of this.#open) {
      if (bytes <= memoryBytes || other === key) break;
      if (each.kept < each.done) continue;
      this.#open.delete(other);
      bytes -= scoresBytes(each);
    }
  }
}
