import type { Progress } from '../../base/progress.ts';
import type { ScratchSize } from '../../models/bert/scratch.ts';
import type { ModelSource } from '../../models/files/sources.ts';
import type {
  ContrastiveEvent,
  ContrastivePoint,
  ContrastiveSettings,
} from '../../training/contrastive/types.ts';

export type {
  ContrastiveEvent,
  ContrastivePoint,
  ContrastiveSettings,
} from '../../training/contrastive/types.ts';

/** Where tuning starts: a model, or random weights over a vocabulary learnt from the texts. */
export type TuningStart =
  | { readonly kind: 'scratch'; readonly size: ScratchSize; readonly vocabularySize: number }
  | { readonly kind: 'model'; readonly source: ModelSource };

export interface TuningRequest {
  /** As lists show it. */
  readonly name: string;
  readonly start: TuningStart;
  /** `{instruction}` stands for the text, once. */
  readonly template: string;
  /** Tokens, template and special tokens included. */
  readonly maxLength: number;
  readonly settings: ContrastiveSettings;
  readonly seed: number;
  readonly lowering: 'auto' | 'webgpu' | 'onnx';
  readonly dataHash: string;
}

/** How an exported encoder's weights are written. */
export type ExportedWeights = 'safetensors' | 'onnx';

/** What is tuned on. Categories are not read under `simcse`. */
export interface TuningData {
  readonly texts: readonly string[];
  /** `verb|noun` of each text. */
  readonly pairs: readonly string[];
  /** Merged pairs of each text, joined by `##`. */
  readonly categories: readonly string[];
}

/** A tuned encoder as it is kept. */
export interface TunedEncoder {
  readonly id: string;
  readonly name: string;
  /** ISO 8601 */
  readonly createdAt: string;
  /** `running` without an owner means that the tab was closed: it can be continued. */
  readonly state: 'running' | 'done' | 'stopped';
  readonly step: number;
  readonly totalSteps: number;
  /** `fresh` or the name of the model it was tuned from. */
  readonly startedFrom: string;
  readonly rows: number;
  readonly template: string;
  readonly maxLength: number;
  readonly settings: ContrastiveSettings;
  readonly seed: number;
  readonly dataHash: string;
  readonly device: string;
  readonly elapsedMs: number;
  /** Means of the last steps; null before the first. */
  readonly loss: number | null;
  readonly alignment: number | null;
  readonly uniformity: number | null;
}

/** As lists have it. */
export interface ListedEncoder extends TunedEncoder {
  /** It is being tuned right now, here or in another tab. */
  readonly isUnderWay: boolean;
}

export type TuningReport = ContrastiveEvent | { readonly kind: 'encoder'; readonly encoder: TunedEncoder };

/** Contrastive tuning of encoders, one at a time, and the encoders that came of it. */
export interface EmbedderTunerService {
  /**
   * Tunes to the end, or to the step at which `signal` aborts: what was learnt till then is kept, and can be continued. Throws
   * `contrastive-settings-invalid`, `no-training-rows`, `triplets-one-category`, `budget-below-length`, `loss-not-finite`, `aborted`
   * (before the first step), and what opening a model and the device throw.
   */
  start(
    request: TuningRequest,
    data: TuningData,
    onReport: (report: TuningReport) => void,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<TunedEncoder>;
  /**
   * Goes on where a tuning was stopped or cut off. Throws `tuning-not-found`, `tuning-finished`, `tuning-damaged`, `tuning-busy` while
   * another is under way here, `tuning-owned-elsewhere` while another tab makes this one.
   */
  resume(
    id: string,
    onReport: (report: TuningReport) => void,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<TunedEncoder>;
  /** Newest first. */
  list(): Promise<readonly ListedEncoder[]>;
  curves(id: string): Promise<readonly ContrastivePoint[]>;
  /** Moves it to the bin; `restore` brings it back. Throws `tuning-busy` while it is tuned here, `tuning-owned-elsewhere` in another tab. */
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  /**
   * A zip that transformers and sentence-transformers read once unpacked; with `onnx`, what transformers.js, optimum and
   * sentence-transformers' ONNX backend read. Throws `tuning-not-found`, `export-too-large`.
   */
  exportZip(id: string, weights: ExportedWeights): Promise<Blob>;
}
