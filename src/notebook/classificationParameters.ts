import { noCleaning } from '../core/text/steps.ts';
import type { RowEdit } from '../core/labels/edits.ts';
import type { KeptPart } from '../core/tokenizer/tokenizer.ts';
import type { Mapping } from '../services/corpus/contract.ts';
import type { CleaningOptions } from '../services/text/contract.ts';
import type { Hyperparameters } from '../services/trainer/contract.ts';
import type { ModelChoice } from './modelChoice.ts';

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

export interface ClassificationParameters {
  readonly dataset: DatasetParameters;
  readonly labels: LabelParameters;
  readonly split: SplitParameters;
  readonly text: TextParameters;
  readonly training: TrainingParameters;
  readonly evaluation: EvaluationParameters;
}

/** The paper's label threshold, and training settings that end in minutes in a tab. */
export const defaultClassification: ClassificationParameters = {
  dataset: { source: { kind: 'none' }, mergeDuplicates: false },
  labels: { threshold: 500, pinned: [], excluded: [], merges: {}, rowEdits: null },
  split: { seed: 13, validation: 0.1, test: 0.1, groupDuplicates: true },
  text: {
    model: { kind: 'embedded', name: 'verbena-mini' },
    cleaning: noCleaning,
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
};
