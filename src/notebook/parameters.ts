import * as z from 'zod/mini';
import { recomputeChoices, storageChoices } from '../models/memoryMode.ts';
import type { Pooling } from '../core/embedding/pooling.ts';
import type { SynonymGroups } from '../core/verbNoun/groups.ts';
import type { RowEdit } from '../core/labels/edits.ts';
import type { Mapping } from '../services/corpus/contract.ts';
import type { CleaningOptions } from '../services/text/contract.ts';
import type { Hyperparameters } from '../services/trainer/contract.ts';

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
}

/** A model by name. `files` stands for a dropped folder, which has to be dropped again after a reload. */
export type ModelChoice =
  | { readonly kind: 'embedded'; readonly name: string }
  | { readonly kind: 'hub'; readonly repository: string; readonly revision: string }
  | { readonly kind: 'files'; readonly name: string };

export interface TextParameters {
  /** The model whose tokenizer cuts the text; training uses the same model. */
  readonly model: ModelChoice;
  readonly cleaning: CleaningOptions;
  /** Tokens, special tokens included. */
  readonly maxLength: number;
}

export interface TrainingParameters {
  readonly seed: number;
  readonly lowering: 'auto' | 'webgpu' | 'onnx';
  /** `maxLength` is the text cell's. */
  readonly hyperparameters: Omit<Hyperparameters, 'maxLength'>;
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
  readonly pooling: Pooling;
  /** A template's id, or `own`. */
  readonly prompt: string;
  readonly ownTemplate: string;
  readonly maxLength: number;
  /** For `lsa`. */
  readonly rank: number;
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
  readonly clusters: ClusterParameters;
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
  instructions: { groups: [], edits: null },
  embedding: {
    embedder: 'tfidf',
    model: { kind: 'embedded', name: 'verbena-mini' },
    repository: 'Xenova/all-MiniLM-L6-v2',
    pooling: 'mean',
    prompt: 'pie',
    ownTemplate: '{instruction}',
    maxLength: 128,
    rank: 128,
    seed: 13,
  },
  clusters: { k: null, truth: 'labels', seeds: 5, runs: 1 },
};

const name = z.string().check(z.minLength(1), z.maxLength(500));
const share = z.number().check(z.gte(0), z.lte(0.9));
const whole = z.int().check(z.gte(0));
const positiveWhole = z.int().check(z.gte(1));
const seed = z.int().check(z.gte(0), z.lte(0xffff_ffff));
const positive = z.number().check(z.gt(0));
const below1 = z.number().check(z.gte(0), z.lt(1));

const mapping = z.object({
  format: z.enum(['csv', 'tsv', 'json', 'jsonl', 'mediawiki', 'parquet']),
  schema: z.enum([
    'howsumm-step',
    'howsumm-method',
    'wikihow-all',
    'wikihow-sep',
    'mediawiki',
    'text-labels',
    'topic-tree',
    'unknown',
  ]),
  gzip: z.boolean(),
  textColumns: z.array(name),
  labelColumns: z.array(name),
  labelSeparator: z.nullable(z.string().check(z.maxLength(20))),
  delimiter: z.string().check(z.maxLength(4)),
  hasHeader: z.boolean(),
  rowUnit: z.optional(z.enum(['record', 'method', 'step'])),
  member: z.optional(z.string().check(z.maxLength(1000))),
});

const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('sample'), name }),
  z.object({
    kind: z.literal('files'),
    files: z.array(z.object({ name, mapping })),
    topicDepth: z.optional(z.number().check(z.gte(0), z.lte(20))),
  }),
]);

const model = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('embedded'), name }),
  z.object({ kind: z.literal('hub'), repository: name, revision: name }),
  z.object({ kind: z.literal('files'), name }),
]);

const gamma = z.number().check(z.gte(0), z.lte(20));

const loss = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bce') }),
  z.object({
    kind: z.literal('weighted'),
    weighting: z.enum(['inverse-frequency', 'effective-number']),
    beta: z.exactOptional(below1),
  }),
  z.object({
    kind: z.literal('focal'),
    gamma,
    alpha: z.nullable(z.number().check(z.gt(0), z.lt(1))),
  }),
  z.object({ kind: z.literal('asymmetric'), gammaPositive: gamma, gammaNegative: gamma, clip: below1 }),
]);

const rowEdit = z.discriminatedUnion('kind', [
  z.object({ row: whole, kind: z.literal('exclude') }),
  z.object({ row: whole, kind: z.literal('relabel'), add: z.array(name), remove: z.array(name) }),
]);

/** What a file or a link may hold. Values out of range are refused with their path, never clamped in silence. */
export const parametersSchema = z.object({
  dataset: z.object({ source, mergeDuplicates: z.boolean() }),
  labels: z.object({
    threshold: positiveWhole,
    pinned: z.array(name),
    excluded: z.array(name),
    merges: z.record(name, name),
    rowEdits: z.nullable(z.object({ dataHash: z.string(), rows: z.array(rowEdit) })),
  }),
  split: z
    .object({ seed, validation: share, test: share, groupDuplicates: z.boolean() })
    .check(
      z.refine(
        ({ validation, test }) => validation + test < 1,
        'validation and test leave no row to train on',
      ),
    ),
  text: z.object({
    model,
    cleaning: z.object({
      removeSpecialCharacters: z.boolean(),
      removeStopWords: z.boolean(),
      lemmatise: z.boolean(),
      lowercase: z.boolean(),
    }),
    maxLength: z.int().check(z.gte(8), z.lte(4096)),
  }),
  training: z.object({
    seed,
    lowering: z.enum(['auto', 'webgpu', 'onnx']),
    hyperparameters: z.object({
      learningRate: positive,
      batchSize: positiveWhole,
      epochs: positiveWhole,
      maxSteps: z.nullable(positiveWhole),
      longTexts: z.optional(z.enum(['truncate', 'recurrence'])),
      segmentLength: z.optional(positiveWhole),
      budgetTokens: positiveWhole,
      schedule: z.enum(['constant', 'linear', 'cosine']),
      warmupSteps: whole,
      weightDecay: z.number().check(z.gte(0)),
      beta1: below1,
      beta2: below1,
      epsilon: positive,
      decay: z.enum(['all', 'no-bias-no-norm']),
      clipNorm: z.nullable(positive),
      dropout: z.nullable(below1),
      evaluateEverySteps: positiveWhole,
      checkpointEverySteps: positiveWhole,
      bestMetric: z.enum(['microF1', 'macroF1', 'loss']),
      patience: z.nullable(positiveWhole),
      memory: z.optional(
        z.union([
          z.literal('auto'),
          z.object({ recompute: z.enum(recomputeChoices), storage: z.enum(storageChoices) }),
        ]),
      ),
      trained: z.optional(
        z.object({
          frozen: z.array(name),
          lora: z.nullable(
            z.object({ rank: positiveWhole, alpha: positive, dropout: below1, targets: z.array(name) }),
          ),
        }),
      ),
      loss: z.exactOptional(loss),
    }),
  }),
  evaluation: z.object({
    split: z.enum(['train', 'validation', 'test']),
    which: z.enum(['best', 'last']),
    decision: z.enum(['global', 'per-label']),
    threshold: z.number().check(z.gte(0), z.lte(1)),
    baseline: z.boolean(),
  }),
  instructions: z.object({
    groups: z.array(
      z.object({
        scope: z.enum(['verb', 'noun', 'pair']),
        name,
        members: z.array(name).check(z.minLength(2)),
      }),
    ),
    edits: z.nullable(
      z.object({
        dataHash: z.string(),
        rows: z.array(
          z.object({
            row: whole,
            verb: z.string().check(z.maxLength(100)),
            noun: z.string().check(z.maxLength(100)),
          }),
        ),
      }),
    ),
  }),
  embedding: z.object({
    embedder: z.enum(embedderKinds),
    model,
    repository: name,
    pooling: z.enum(['mean', 'first', 'last', 'last-two-layers']),
    prompt: name,
    ownTemplate: z.string().check(z.maxLength(4000)),
    maxLength: z.int().check(z.gte(8), z.lte(4096)),
    rank: z.int().check(z.gte(2), z.lte(1024)),
    seed,
  }),
  clusters: z.object({
    k: z.nullable(positiveWhole),
    truth: z.enum(['labels', 'extracted']),
    seeds: z.int().check(z.gte(1), z.lte(20)),
    runs: z.int().check(z.gte(1), z.lte(50)),
  }),
});
