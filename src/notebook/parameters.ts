import * as z from 'zod/mini';
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
      readonly files: readonly { readonly name: string; readonly mapping: Mapping }[];
    };

export interface DatasetParameters {
  readonly source: DataSource;
  /** Rows with the same normalised text become one row that carries all their labels. */
  readonly mergeDuplicates: boolean;
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

export interface NotebookParameters {
  readonly dataset: DatasetParameters;
  readonly labels: LabelParameters;
  readonly split: SplitParameters;
  readonly text: TextParameters;
  readonly training: TrainingParameters;
  readonly evaluation: EvaluationParameters;
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
  labels: { threshold: 500, pinned: [], excluded: [], merges: {} },
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
    },
  },
  evaluation: { split: 'test', which: 'best', decision: 'global', threshold: 0.5, baseline: true },
};

const name = z.string().check(z.minLength(1), z.maxLength(500));
const share = z.number().check(z.gte(0), z.lte(0.9));
const whole = z.int().check(z.gte(0));
const positiveWhole = z.int().check(z.gte(1));
const seed = z.int().check(z.gte(0), z.lte(0xffff_ffff));
const positive = z.number().check(z.gt(0));
const below1 = z.number().check(z.gte(0), z.lt(1));

const mapping = z.object({
  format: z.enum(['csv', 'tsv', 'json', 'jsonl']),
  schema: z.enum(['howsumm-step', 'howsumm-method', 'wikihow-all', 'wikihow-sep', 'text-labels', 'unknown']),
  gzip: z.boolean(),
  textColumns: z.array(name),
  labelColumns: z.array(name),
  labelSeparator: z.nullable(z.string().check(z.maxLength(20))),
  delimiter: z.string().check(z.maxLength(4)),
  hasHeader: z.boolean(),
});

const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('sample'), name }),
  z.object({ kind: z.literal('files'), files: z.array(z.object({ name, mapping })) }),
]);

const model = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('embedded'), name }),
  z.object({ kind: z.literal('hub'), repository: name, revision: name }),
  z.object({ kind: z.literal('files'), name }),
]);

/** What a file or a link may hold. Values out of range are refused with their path, never clamped in silence. */
export const parametersSchema = z.object({
  dataset: z.object({ source, mergeDuplicates: z.boolean() }),
  labels: z.object({
    threshold: positiveWhole,
    pinned: z.array(name),
    excluded: z.array(name),
    merges: z.record(name, name),
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
    }),
  }),
  evaluation: z.object({
    split: z.enum(['train', 'validation', 'test']),
    which: z.enum(['best', 'last']),
    decision: z.enum(['global', 'per-label']),
    threshold: z.number().check(z.gte(0), z.lte(1)),
    baseline: z.boolean(),
  }),
});
