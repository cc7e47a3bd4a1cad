import type { Progress } from '../../base/progress.ts';
import type { ClassificationReport } from '../../core/incubator/classifier/evaluation.ts';
import type { LinearSpec } from '../../core/incubator/classifier/linear.ts';
import type { Normalisation } from '../../core/incubator/classifier/probabilities.ts';
import type { GeneratedSet } from '../../core/incubator/types.ts';
import type { Semantics } from '../../core/mining/evaluate.ts';

type Report = (progress: Progress) => void;

/** What is known of an incubated classifier without its weights. */
export interface ClassifierCard {
  /** A hash of what it learnt from and how: the same training is the same id, and scores kept under it stay right. */
  readonly id: string;
  readonly name: string;
  readonly labels: readonly string[];
  /** `linear`: TF-IDF and a linear layer, in this service. `encoder`: a run of the trainer, which the page asks. */
  readonly kind: 'linear' | 'encoder';
  /** How it was trained. Scores of an encoder come as log-odds whichever it is. */
  readonly normalisation: Normalisation;
  readonly spec: LinearSpec | null;
  /** Of an encoder. */
  readonly runId: string | null;
  readonly modelName: string;
  readonly instruction: string;
  readonly setId: string | null;
  /** Texts learnt from, and texts left out (blank, or under two classes). */
  readonly rows: number;
  readonly dropped: number;
  /** Of a classifier that did not see the held-out objects. Generated texts judge generated texts: real ones are harder. */
  readonly heldOut: ClassificationReport | null;
  readonly seed: number;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly elapsedMs: number;
}

export interface TrainRequest {
  readonly name: string;
  readonly set: GeneratedSet;
  readonly setId: string | null;
  readonly spec: LinearSpec;
  /** Share of objects that judge; 0 for none. The kept classifier learns from all. */
  readonly heldOutShare: number;
  readonly seed: number;
}

/** Texts with gold classes, as indices into the classifier's labels. */
export interface GoldTexts {
  readonly texts: readonly string[];
  readonly classOf: Uint32Array;
}

/** How far a corpus is scored by a classifier. */
export interface ScoreState {
  readonly classifierId: string;
  /** Rows `[0, done)` have scores. */
  readonly done: number;
}

export interface MiningQuery {
  readonly corpus: string;
  readonly rowCount: number;
  readonly source: string;
  /** Concept of each name in the formula, as `classifierId/label`. */
  readonly concepts: Readonly<Record<string, string>>;
  /** Rows of a ranking. */
  readonly limit: number;
  /** Truth of each name in the formula, 0 or 1 a row; null where labels are not mapped. */
  readonly gold: Readonly<Record<string, Uint8Array>> | null;
  /** Average precision too, which has to sort all rows: longer than the rankings themselves take. */
  readonly withAverages: boolean;
}

export interface GoldScores {
  /** Rows that the formula truly holds for. */
  readonly relevant: number;
  readonly precision: readonly { readonly k: number; readonly precision: number }[];
  /** Null where it was not asked for, and where nothing is relevant. */
  readonly averagePrecision: number | null;
}

export interface Ranking {
  /** Best first. */
  readonly rows: Uint32Array;
  readonly scores: Float64Array;
  /** Rows with a score of 0.5 or more, among all. */
  readonly above: number;
  readonly gold: GoldScores | null;
  /** Truth of `rows`, 0 or 1; null without gold. */
  readonly truth: Uint8Array | null;
}

export interface MiningAnswer {
  readonly rankings: Readonly<Record<Semantics, Ranking>>;
  readonly elapsedMs: number;
}

/** Incubated classifiers, their scores over a corpus, and formulas over these. */
export interface MinerService {
  /** All classifiers of this browser, newest first. */
  classifiers(): Promise<ClassifierCard[]>;
  /** Throws as `trainLinear`; nothing is kept then. */
  train(request: TrainRequest, onProgress: Report, signal: AbortSignal): Promise<ClassifierCard>;
  /** A classifier that lives elsewhere; its scores come through `putScores`. */
  register(card: ClassifierCard): Promise<void>;
  /** Takes a classifier off the list; `restore` brings it back until the tab closes. */
  remove(id: string): Promise<boolean>;
  restore(id: string): Promise<boolean>;
  /** Probabilities `[texts, labels]`. Throws `classifier-unknown`, `aborted`. */
  classify(id: string, texts: readonly string[], signal: AbortSignal): Promise<Float32Array>;
  evaluate(
    id: string,
    gold: GoldTexts,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<ClassificationReport>;
  /** What is kept of each classifier's scores over a corpus of so many rows. */
  scoreStates(corpus: string, rowCount: number, ids: readonly string[]): Promise<ScoreState[]>;
  /** Scores the next texts, which begin at row `from` = what is done. Throws `scores-out-of-order`. */
  score(
    id: string,
    corpus: string,
    rowCount: number,
    from: number,
    texts: readonly string[],
  ): Promise<ScoreState>;
  /** The same with log-odds `[rows, labels]` made elsewhere. */
  putScores(
    id: string,
    corpus: string,
    rowCount: number,
    from: number,
    logOdds: Float32Array,
  ): Promise<ScoreState>;
  /** Writes what is scored so far: after the last texts, and where a run is stopped. */
  keepScores(id: string, corpus: string): Promise<void>;
  /** Throws `QueryError` codes, `scores-missing`. */
  query(query: MiningQuery): Promise<MiningAnswer>;
  /** Probabilities `[rows, concepts]` of some rows: the evidence for each. Throws `scores-missing`. */
  evidence(
    corpus: string,
    rowCount: number,
    concepts: readonly string[],
    rows: Uint32Array,
  ): Promise<Float32Array>;
}
