import type { Violations } from '../../core/encodings/hierarchy.ts';
import type { LabelEncoding } from '../../core/encodings/types.ts';
import type { Progress } from '../../base/progress.ts';
import type { EvaluationLogits } from '../trainer/contract.ts';

/** TF-IDF and one-vs-rest logistic regression: the reference a fine-tuned model has to beat, in seconds. */
export interface BaselineSpec {
  /** L2 strength as scikit-learn's C (inverse). */
  readonly c: number;
  readonly ngramMax: 1 | 2;
  readonly minDocumentCount: number;
  readonly sublinearTf: boolean;
  /** How labels become regressions; absent: one against the rest. */
  readonly encoding?: LabelEncoding | undefined;
  /** Draws the orders of an ensemble of chains; absent: 1. */
  readonly seed?: number;
}

export interface BaselineData {
  /** Cleaned texts of each split and the rows they come from. */
  readonly trainTexts: readonly string[];
  readonly testTexts: readonly string[];
  readonly testRowIds: Uint32Array;
  readonly labels: readonly string[];
  /** Row-major `[rows, labels]`, 0 or 1. */
  readonly trainTargets: Uint8Array;
  readonly testTargets: Uint8Array;
}

export interface BaselineResult {
  readonly evaluation: EvaluationLogits;
  readonly vocabularySize: number;
  /** Fitted numbers. */
  readonly parameters: number;
  /** Of the test rows, against the encoding's hierarchy or the one that training rows show. */
  readonly edges: number;
  readonly violations: Violations;
  readonly elapsedMs: number;
}

export interface BaselineService {
  run(
    spec: BaselineSpec,
    data: BaselineData,
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
  ): Promise<BaselineResult>;
}
