import type { Pooling } from '../core/embedding/pooling.ts';
import type { KeptPart } from '../core/tokenizer/tokenizer.ts';
import type { ExtractorKind } from '../core/verbNoun/extractors.ts';
import type { SynonymGroups } from '../core/verbNoun/groups.ts';
import type { RowEdit } from '../core/labels/edits.ts';
import type { Mapping } from '../services/corpus/contract.ts';
import type { CleaningOptions } from '../services/text/contract.ts';
import type { Hyperparameters } from '../services/trainer/contract.ts';
import { defaultIncubator, type IncubatorParameters } from './incubatorParameters.ts';

export {
  generatorKinds,
  type GeneratorKind,
  type IncubatorParameters,
  type KeptObjects,
  type KeysAside,
} from './incubatorParameters.ts';

// Everything a reader can set, in one plain object: what undo walks over, a link carries and staleness compares.

/** Where the rows come from. Only names and mappings are kept here: bytes stay in the file or its OPFS copy. */
export type DataSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'sample'; readonly name: string }
  | {
      readonly kind: 'files';
      /** At most two hundred: of a larger folder the first. */
      readonly files: readonly { readonly name: string; readonly mapping: Mapping }[];
      /** Levels of topics above a label that became labels. */
      readonly topicDepth?: number | undefined;
    };

export interface DatasetParameters {
  readonly source: DataSource;
  /** Rows with the same normalised text become one row that carries all their labels. */
  readonly mergeDuplicates: boolean;
}

/** Corrections of single rows, found in an audit: an overlay that the data itself knows nothing of. */
export interface RowEdits {
  /** Row numbers mean something in this data only; on other data nothing is applied. */
  readonly dataHash: string;
  readonly rows: readonly RowEdit[];
}

export interface LabelParameters {
  /** Algorithm 1: a label is kept where its count / threshold >= 1. */
  readonly threshold: number;
  /** Kept whatever their count. */
  readonly pinned: readonly string[];
  /** Dropped whatever their count. */
  readonly excluded: readonly string[];
  /** Alias -> target, by name. */
  readonly merges: Readonly<Record<string, string>>;
  /** Rows excluded or relabelled by hand; null: none. */
  readonly rowEdits: RowEdits | null;
}

export interface SplitParameters {
  readonly seed: number;
  /** Shares of the kept rows; training rows are the rest. */
  readonly validation: number;
  readonly test: number;
  /** Copies of one text stay in one part, so that none is trained on and tested with. */
  readonly groupDuplicates: boolean;
  /** Rows of one article stay in one part, in the place of copies; absent: no. */
  readonly groupArticles?: true | undefined;
}

/** A model by name. `files` stands for a dropped folder, which has to be dropped again after a reload. */
export type ModelChoice =
  | { readonly kind: 'embedded'; readonly name: string }
  | { readonly kind: 'hub'; readonly repository: string; readonly revision: string }
  | { readonly kind: 'files'; readonly name: string }
  /** An encoder tuned in this browser. */
  | { readonly kind: 'tuned'; readonly id: string; readonly name: string };

export interface TextParameters {
  /** The model whose tokenizer cuts the text; training uses the same model. */
  readonly model: ModelChoice;
  readonly cleaning: CleaningOptions;
  /** Tokens, special tokens included. */
  readonly maxLength: number;
  /** What stays of a longer text; absent: its beginning. */
  readonly keeps?: KeptPart | undefined;
}

export interface TrainingParameters {
  readonly seed: number;
  readonly lowering: 'auto' | 'webgpu' | 'onnx';
  /** `maxLength` and `keeps` are the text cell's. */
  readonly hyperparameters: Omit<Hyperparameters, 'maxLength' | 'keeps'>;
}

export interface EvaluationParameters {
  readonly split: 'train' | 'validation' | 'test';
  readonly which: 'best' | 'last';
  readonly decision: 'global' | 'per-label';
  /** Probability from which a label counts as predicted; tuned per label where `decision` is `per-label`. */
  readonly threshold: number;
  /** Show the TF-IDF reference model beside the network. */
  readonly baseline: boolean;
}

/** A category written by hand; both halves empty where a text has none. */
export interface CategoryEdit {
  readonly row: number;
  readonly verb: string;
  readonly noun: string;
}

export interface InstructionParameters {
  readonly extractor: ExtractorKind;
  readonly groups: SynonymGroups;
  /** Row numbers mean something in this data only; on other data nothing is applied. */
  readonly edits: { readonly dataHash: string; readonly rows: readonly CategoryEdit[] } | null;
}

export const embedderKinds = ['tfidf', 'lsa', 'static', 'encoder', 'hub'] as const;
export type EmbedderKind = (typeof embedderKinds)[number];

export interface EmbeddingParameters {
  readonly embedder: EmbedderKind;
  /** For `encoder`. */
  readonly model: ModelChoice;
  /** For `hub`: a repository with ONNX weights. */
  readonly repository: string;
  /** For `hub`: which of the repository's files. */
  readonly dtype: 'fp32' | 'fp16' | 'q8';
  /** For `static`: a model2vec repository of the hub; null: a folder's files. */
  readonly staticRepository: string | null;
  readonly pooling: Pooling;
  /** A template's id, or `own`. */
  readonly prompt: string;
  readonly ownTemplate: string;
  readonly maxLength: number;
  /** For `lsa`. */
  readonly rank: number;
  readonly seed: number;
}

export const clusterMethods = ['k-means', 'ward', 'average', 'complete', 'hdbscan'] as const;
export type ClusterMethod = (typeof clusterMethods)[number];

export interface TuningParameters {
  /** `scratch`: a small encoder from random weights; `model`: the one named. */
  readonly start: 'scratch' | 'model';
  readonly model: ModelChoice;
  /** Of the small encoder. */
  readonly layers: number;
  readonly width: number;
  readonly vocabularySize: number;
  /** Contrast of categories, or of two dropout draws of one text. */
  readonly method: 'pie' | 'simcse';
  /** The labels of the file where they are categories, else what was extracted. */
  readonly truth: 'labels' | 'extracted';
  /** A template's id, or `own`. */
  readonly prompt: string;
  readonly ownTemplate: string;
  readonly pooling: Pooling;
  readonly maxLength: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Null: epochs decide. */
  readonly maxSteps: number | null;
  readonly learningRate: number;
  readonly temperature: number;
  readonly hardNegatives: boolean;
  readonly masksSameCategory: boolean;
  /** Null: as the model has it. */
  readonly dropout: number | null;
  /** Rank of low-rank updates, alpha twice it; null: everything trains. */
  readonly loraRank: number | null;
  readonly budgetTokens: number;
  readonly gradientCaching: 'auto' | 'on' | 'off';
  readonly seed: number;
}

export interface ClusterParameters {
  /** Null: as many as there are categories. */
  readonly k: number | null;
  /** The labels of the file where they are categories, else what was extracted. */
  readonly truth: 'labels' | 'extracted';
  /** How many k-means, one a seed. */
  readonly seeds: number;
  /** Starts of each, the best of which counts. */
  readonly runs: number;
  /** Absent: k-means, as in documents from before there was a choice. */
  readonly method?: ClusterMethod | undefined;
  /** HDBSCAN's smallest cluster; absent: 5. */
  readonly minClusterSize?: number | undefined;
  /** Where k-means runs; absent: on the GPU where that is worth it. */
  readonly device?: 'auto' | 'cpu' | 'webgpu' | undefined;
}

export interface UseParameters {
  /** Demonstrations that a query is given. */
  readonly demonstrations: number;
  /** Rows that data selection and benchmark compression keep: one of each of as many clusters. */
  readonly keep: number;
  readonly seed: number;
}

export interface PieExperimentParameters {
  /** k-means of each variant, one a seed. */
  readonly seeds: number;
  /** Texts that a variant reads at most, drawn at random; null: all. */
  readonly rows: number | null;
}

/** A change to one pair of the tuning set, by the pair's id. */
export interface PairEdit {
  readonly id: string;
  /** Written by hand; absent: as it was made. */
  readonly description?: string | undefined;
  readonly isExcluded?: true | undefined;
}

export interface GeneratorTuningParameters {
  readonly sources: {
    readonly library: boolean;
    readonly corpus: boolean;
    readonly generated: boolean;
    /** Files and augmented pairs, which the table keeps. */
    readonly added: boolean;
  };
  /** Pairs drawn from the open data, and from each file of labelled texts. */
  readonly pairs: number;
  /** Classes of a pair at most. */
  readonly classes: number;
  /** Dictionaries of a pair at most. */
  readonly dictionaries: number;
  readonly maxTextChars: number;
  /** What the data's texts are, in the plural. */
  readonly kind: string;
  readonly edits: readonly PairEdit[];
  /** Pairs that augmenting asks for. */
  readonly augment: number;
  /** Share of the pairs that judge. */
  readonly heldOut: number;
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly maxLength: number;
  /** Replies that the parse rate is measured on. */
  readonly replies: number;
  readonly seed: number;
}

export interface IncubatorExperimentParameters {
  /** The generated set; null for the newest. */
  readonly setId: string | null;
  readonly seeds: number;
  /** Objects that each paraphrase is asked for. */
  readonly paraphraseObjects: number;
}

export interface ClassifierParameters {
  /** Generated set to learn from; null for the newest. */
  readonly setId: string | null;
  /** `encoder`: the Text cell's model with the Training cell's settings. */
  readonly model: 'linear' | 'encoder';
  /** Of the linear one. `both`: one of each, to be compared. */
  readonly training: 'joint' | 'independent' | 'both';
  /** L2 strength as scikit-learn's C (inverse). */
  readonly c: number;
  readonly ngramMax: 1 | 2;
  /** Share of objects that judge. */
  readonly heldOut: number;
  readonly seed: number;
  /** What a class is called in the open data: a label, `rest` for every row that no other class claims; missing: by name. */
  readonly mapping: Readonly<Record<string, ClassMapping>>;
}

export type ClassMapping =
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'rest' }
  | { readonly kind: 'none' };

/** What a reader said of rows under one formula: the order is that of the judging, so that the last can be taken back. */
export interface Judgements {
  readonly dataHash: string;
  /** In canonical form. */
  readonly formula: string;
  readonly marks: readonly { readonly row: number; readonly right: boolean }[];
}

export interface MiningParameters {
  readonly formula: string;
  readonly semantics: 'product' | 'minMax' | 'logOdds';
  /** Rows of the ranking. */
  readonly limit: number;
  readonly judgements: readonly Judgements[];
}

export interface NotebookParameters {
  readonly dataset: DatasetParameters;
  readonly labels: LabelParameters;
  readonly split: SplitParameters;
  readonly text: TextParameters;
  readonly training: TrainingParameters;
  readonly evaluation: EvaluationParameters;
  readonly instructions: InstructionParameters;
  readonly embedding: EmbeddingParameters;
  readonly tuning: TuningParameters;
  readonly clusters: ClusterParameters;
  readonly uses: UseParameters;
  readonly pieExperiments: PieExperimentParameters;
  readonly incubator: IncubatorParameters;
  readonly generatorTuning: GeneratorTuningParameters;
  readonly incubatorExperiments: IncubatorExperimentParameters;
  readonly classifiers: ClassifierParameters;
  readonly mining: MiningParameters;
}

export type ParameterGroup = keyof NotebookParameters;

/** What the InstructNet paper uses, shown beside a control whose value differs. */
export const paperValues = {
  threshold: 500,
  validation: 0,
  test: 0.2,
  maxLength: 512,
  learningRate: 4e-4,
  batchSize: 48,
  epochs: 40,
} as const;

/** A new notebook: the paper's label threshold, and training settings that end in minutes in a tab. */
export const defaultParameters: NotebookParameters = {
  dataset: { source: { kind: 'none' }, mergeDuplicates: false },
  labels: { threshold: 500, pinned: [], excluded: [], merges: {}, rowEdits: null },
  split: { seed: 13, validation: 0.1, test: 0.1, groupDuplicates: true },
  text: {
    model: { kind: 'embedded', name: 'verbena-mini' },
    cleaning: {
      removeSpecialCharacters: false,
      removeStopWords: false,
      lemmatise: false,
      lowercase: false,
    },
    maxLength: 512,
  },
  training: {
    seed: 13,
    lowering: 'auto',
    hyperparameters: {
      learningRate: 4e-4,
      batchSize: 48,
      epochs: 6,
      maxSteps: null,
      budgetTokens: 2048,
      schedule: 'linear',
      warmupSteps: 50,
      weightDecay: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      decay: 'no-bias-no-norm',
      clipNorm: 1,
      dropout: null,
      evaluateEverySteps: 100,
      checkpointEverySteps: 100,
      bestMetric: 'microF1',
      patience: null,
      memory: 'auto',
    },
  },
  evaluation: { split: 'test', which: 'best', decision: 'global', threshold: 0.5, baseline: true },
  instructions: { extractor: 'wink', groups: [], edits: null },
  embedding: {
    embedder: 'tfidf',
    model: { kind: 'embedded', name: 'verbena-mini' },
    repository: 'Xenova/all-MiniLM-L6-v2',
    dtype: 'fp32',
    staticRepository: null,
    pooling: 'mean',
    prompt: 'pie',
    ownTemplate: '{instruction}',
    maxLength: 128,
    rank: 128,
    seed: 13,
  },
  tuning: {
    start: 'scratch',
    model: { kind: 'embedded', name: 'verbena-mini' },
    layers: 1,
    width: 128,
    vocabularySize: 8000,
    method: 'pie',
    truth: 'labels',
    prompt: 'none',
    ownTemplate: '{instruction}',
    pooling: 'mean',
    maxLength: 48,
    batchSize: 64,
    epochs: 2,
    maxSteps: null,
    learningRate: 1e-3,
    temperature: 0.05,
    hardNegatives: true,
    masksSameCategory: true,
    dropout: null,
    loraRank: null,
    budgetTokens: 4096,
    gradientCaching: 'auto',
    seed: 13,
  },
  clusters: { k: null, truth: 'labels', seeds: 5, runs: 1 },
  uses: { demonstrations: 4, keep: 600, seed: 13 },
  pieExperiments: { seeds: 3, rows: 1000 },
  incubator: defaultIncubator,
  generatorTuning: {
    sources: { library: true, corpus: false, generated: true, added: true },
    pairs: 32,
    classes: 4,
    dictionaries: 4,
    maxTextChars: 300,
    kind: 'texts',
    edits: [],
    augment: 16,
    heldOut: 0.15,
    rank: 8,
    alpha: 16,
    dropout: 0.05,
    learningRate: 2e-4,
    epochs: 3,
    batchSize: 8,
    maxLength: 512,
    replies: 8,
    seed: 13,
  },
  incubatorExperiments: { setId: null, seeds: 5, paraphraseObjects: 32 },
  classifiers: {
    setId: null,
    model: 'linear',
    training: 'joint',
    c: 10,
    ngramMax: 2,
    heldOut: 0.2,
    seed: 13,
    mapping: {},
  },
  mining: { formula: '', semantics: 'product', limit: 1000, judgements: [] },
};
