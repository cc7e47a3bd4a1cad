import { createStore, del, get, keys, set } from 'idb-keyval';
import type { LinearModel } from '../../core/incubator/classifier/linear.ts';
import type { ClassifierCard } from './contract.ts';

/** A classifier as it is kept; encoders have no weights here. */
export interface KeptClassifier {
  readonly card: ClassifierCard;
  readonly model: LinearModel | null;
}

/** Scores of a corpus by one classifier: log-odds, a column a class, rows `[0, done)` of each. */
export interface KeptScores {
  readonly rowCount: number;
  readonly done: number;
  /** `[labels][rowCount]` */
  readonly columns: readonly Float32Array[];
}

/** Where classifiers and scores outlive the tab. */
export interface MinerStorage {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

/** A database of its own, so that its size and its keys meet no other's. */
export function indexedDbMinerStorage(): MinerStorage {
  const store = createStore('verbena-miner', 'values');
  return {
    get: (key) => get(key, store),
    set: (key, value) => set(key, value, store),
    delete: (key) => del(key, store),
    keys: async () => (await keys(store)).map(String),
  };
}

export const classifierKey = (id: string) => `classifier/${id}`;
export const scoresKey = (corpus: string, id: string) => `scores/${corpus}/${id}`;
export const scoresIndexKey = 'scores-index';

/** Kept scores, those kept longest ago first. */
export type ScoresIndex = readonly { readonly key: string; readonly bytes: number }[];

export const scoresBytes = ({ columns, rowCount }: Pick<KeptScores, 'columns' | 'rowCount'>): number =>
  columns.length * rowCount * Float32Array.BYTES_PER_ELEMENT;
