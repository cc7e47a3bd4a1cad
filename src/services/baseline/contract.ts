import type { Progress } from '../../base/progress.ts';
import type { EvaluationLogits } from '../trainer/contract.ts';

/** TF-IDF and one-vs-rest logistic regression: the reference a fine-tuned model has to beat, in seconds. */
export interface BaselineSpec {
  /** L2 strength as scikit-learn's C (inverse). */
  readonly c: number;
  readonly ngramMax: 1 | 2;
  readonly minDocumentCount: number;
  readonly sublinearTf: boolean;
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
