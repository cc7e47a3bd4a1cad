import type { Progress } from '../../base/progress.ts';
import type { LabMeasure } from '../../core/incubator/experiments/lab.ts';
import type { Material } from '../../core/incubator/experiments/material.ts';
import type { IncubatorTest } from '../../core/incubator/experiments/types.ts';

/** Trains and tests classifiers for experiments, beside those that the notebook keeps. One material at a time. */
export interface IncubatorLabService {
  open(material: Material): Promise<void>;
  /** Throws `lab-not-open`, `experiment-*`, what training throws, `aborted`. */
  measure(
    test: IncubatorTest,
    seeds: readonly number[],
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<LabMeasure>;
}
