import type { Pooling } from '../core/embedding/pooling.ts';
import type { ExtractorKind } from '../core/verbNoun/extractors.ts';
import type { SynonymGroups } from '../core/verbNoun/groups.ts';
import type { ModelChoice } from './modelChoice.ts';

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

export interface EmbeddingChainParameters {
  readonly instructions: InstructionParameters;
  readonly embedding: EmbeddingParameters;
  readonly tuning: TuningParameters;
  readonly clusters: ClusterParameters;
  readonly uses: UseParameters;
  readonly pieExperiments: PieExperimentParameters;
}

export const defaultEmbeddingChain: EmbeddingChainParameters = {
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
};
