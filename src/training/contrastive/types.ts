import type { Pooling } from '../../core/embedding/pooling.ts';
import type { MinerRow } from '../../core/embedding/uses/hardNegatives.ts';
import type { TrainedParts } from '../../models/adapters/trainedParts.ts';
import type { Hyperparameters } from '../types.ts';

/** What a contrastive run is told. */
export interface ContrastiveSettings {
  /**
   * `pie`: an instruction, another of its category, and a hard negative (arXiv 2409.19680). `simcse`: an instruction twice under two
   * draws of dropout (Gao et al. 2021); categories are not read.
   */
  readonly method: 'pie' | 'simcse';
  readonly pooling: Pooling;
  /** Divides cosines; the paper's is 0.05. */
  readonly temperature: number;
  /** Adds a row of another category that shares verb or noun; `pie` only. */
  readonly hardNegatives: boolean;
  /** Other texts of the anchor's category in its batch are no negatives. The paper's code does not do this. */
  readonly masksSameCategory: boolean;
  /** Anchors a step. */
  readonly batchSize: number;
  readonly epochs: number;
  /** Ends the run early; null: epochs decide. */
  readonly maxSteps: number | null;
  readonly learningRate: number;
  readonly schedule: Hyperparameters['schedule'];
  /** Share of all steps over which the rate rises. */
  readonly warmupShare: number;
  readonly weightDecay: number;
  readonly clipNorm: number | null;
  /** Overrides the config's dropout; null: as configured. */
  readonly dropout: number | null;
  /** Tokens a packed micro-batch holds at most. */
  readonly budgetTokens: number;
  /** `auto`: where a batch may be larger than one micro-batch. */
  readonly gradientCaching: 'auto' | 'on' | 'off';
  readonly checkpointEverySteps: number;
  /** What of the encoder trains; absent: everything. */
  readonly trained?: TrainedParts | undefined;
}

/** What a run reads. Row i is `ids[offsets[i] .. offsets[i + 1])`, prompt and special tokens included. */
export interface ContrastiveRows {
  readonly ids: Int32Array;
  readonly offsets: Uint32Array;
  /** Pair and category of each row; null under `simcse`. */
  readonly categories: readonly MinerRow[] | null;
}

export interface ContrastivePoint {
  readonly step: number;
  readonly epoch: number;
  /** Mean over anchors. */
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** Of the step's anchors and positives, dropout included. */
  readonly alignment: number;
  /** Of the step's anchors, the first 256 at most. NaN for a single one. */
  readonly uniformity: number;
  /** Share of the step's triplets whose negative shares a verb or a noun. */
  readonly hardShare: number;
  readonly tokens: number;
  readonly stepMs: number;
}

export type ContrastiveEvent =
  | { readonly kind: 'state'; readonly state: 'running' | 'paused'; readonly detail: string }
  | {
      readonly kind: 'steps';
      readonly points: readonly ContrastivePoint[];
      readonly totalSteps: number;
      readonly etaMs: number | null;
    }
  | { readonly kind: 'checkpoint'; readonly step: number };
