import { VerbenaError } from '../../base/errors.ts';
import type { Progress } from '../../base/progress.ts';
import { IncubatorLab, type LabMeasure } from '../../core/incubator/experiments/lab.ts';
import type { Material } from '../../core/incubator/experiments/material.ts';
import type { IncubatorTest } from '../../core/incubator/experiments/types.ts';
import type { IncubatorLabService } from './contract.ts';

/** The lab service. Runs in workers/incubatorLab.ts. */
export class IncubatorLabHost implements IncubatorLabService {
  #lab: IncubatorLab | null = null;

  async open(material: Material): Promise<void> {
    this.#lab = new IncubatorLab(material);
  }

  async measure(
    test: IncubatorTest,
    seeds: readonly number[],
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<LabMeasure> {
    if (!this.#lab)
      throw new VerbenaError('lab-not-open', 'No set is open in the lab.', 'Start the experiment again.');
    return this.#lab.measure(test, seeds, { onProgress, signal });
  }
}
