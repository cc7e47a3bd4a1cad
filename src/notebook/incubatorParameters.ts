import type { EmbedderKind } from './embeddingParameters.ts';
import type { ModelChoice } from './modelChoice.ts';

export const generatorKinds = ['hub', 'browser', 'endpoint', 'decoder'] as const;
export type GeneratorKind = (typeof generatorKinds)[number];

/** A set's objects that were chosen to be used, by their ordinals in what was generated. */
export interface KeptObjects {
  readonly setId: string;
  readonly objects: readonly number[];
}

/** Keys of a set that are no classes of its, such as the premise that texts belong to. */
export interface KeysAside {
  readonly setId: string;
  readonly keys: readonly string[];
}

export interface IncubatorParameters {
  readonly instruction: string;
  /** Null: as the instruction names them. */
  readonly labels: readonly string[] | null;
  /** A preset's id, or `own`. */
  readonly prompt: string;
  readonly ownTemplate: string;
  /** In-context examples; fewer where the context is short. */
  readonly examples: number;
  /** Objects wanted. */
  readonly count: number;
  readonly generator: GeneratorKind;
  readonly hub: {
    readonly repository: string;
    readonly revision: string;
    readonly dtype: 'fp32' | 'fp16' | 'q8' | 'q4' | 'q4f16';
  };
  readonly endpoint: {
    readonly url: string;
    readonly model: string;
    /** Requests at once. */
    readonly parallel: number;
    /** Tokens that the server's model reads and writes together: servers do not say. */
    readonly contextTokens: number;
    /** Of a million tokens, in any currency; 0 for a machine of one's own. */
    readonly inputPrice: number;
    readonly outputPrice: number;
  };
  readonly decoder: ModelChoice;
  /** Sampling forced to one object with exactly the classes as keys, where the generator can be. */
  readonly constrained: boolean;
  readonly temperature: number;
  readonly topP: number;
  readonly minP: number;
  /** Tokens of a reply at most. */
  readonly replyTokens: number;
  readonly maxTextChars: number;
  readonly dropNearDuplicates: boolean;
  readonly seed: number;
  readonly diversify: {
    readonly k: number;
    readonly batchSize: number;
    readonly unit: 'joined' | 'perClass' | 'both';
    readonly method: 'kmeans' | 'hierarchical' | 'hdbscan' | 'random';
    /** What turns texts into vectors; `encoder` and `hub` as the embedding cell has them set. */
    readonly embedder: EmbedderKind;
    readonly seed: number;
  };
  readonly kept: readonly KeptObjects[];
  readonly setAside: readonly KeysAside[];
}

/** A generator that asks before it fetches, and sampling that keeps replies readable. */
const defaultIncubator: IncubatorParameters = {
  instruction: '',
  labels: null,
  prompt: 'rules',
  ownTemplate: '{examples}\n\nInstruction: {instruction}\nObject:',
  examples: 2,
  count: 128,
  generator: 'hub',
  hub: { repository: 'HuggingFaceTB/SmolLM2-360M-Instruct', revision: 'main', dtype: 'q4' },
  endpoint: {
    url: 'http://localhost:11434/v1',
    model: '',
    parallel: 2,
    contextTokens: 4096,
    inputPrice: 0,
    outputPrice: 0,
  },
  decoder: { kind: 'hub', repository: 'HuggingFaceTB/SmolLM2-135M-Instruct', revision: 'main' },
  constrained: true,
  temperature: 0.9,
  topP: 1,
  minP: 0.05,
  replyTokens: 256,
  maxTextChars: 600,
  dropNearDuplicates: true,
  seed: 13,
  diversify: { k: 8, batchSize: 64, unit: 'joined', method: 'kmeans', embedder: 'tfidf', seed: 13 },
  kept: [],
  setAside: [],
};

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

export interface IncubatorChainParameters {
  readonly incubator: IncubatorParameters;
  readonly generatorTuning: GeneratorTuningParameters;
  readonly incubatorExperiments: IncubatorExperimentParameters;
  readonly classifiers: ClassifierParameters;
  readonly mining: MiningParameters;
}

export const defaultIncubatorChain: IncubatorChainParameters = {
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
