import { diagnose } from '../core/metrics/warnings.ts';
import type { TrainableModel } from '../models/trainable.ts';
import type { RunArchive } from './archive.ts';
import { bestFile, loadBest } from './checkpoints/checkpoints.ts';
import { evaluate, trainSample, type Evaluation } from './evaluate.ts';
import type { PackingLimits } from './packing.ts';
import type { Windows } from './windows.ts';
import type { Reporter } from './reporter.ts';
import type { EvaluationPoint, EvaluationSplit, TrainingRows } from './types.ts';

/** Asked between batches; false abandons the evaluation, which then leaves no trace. */
export type Proceed = () => Promise<boolean>;

/** A run's evaluations: during training, and at its end. */
export interface Evaluations {
  /** Validation rows and as many training rows; keeps logits, and the weights where they are the best so far. */
  duringTraining(step: number, proceed: Proceed): Promise<void>;
  /** Test rows with the last and with the best weights, so that the audit can be read. Leaves the best in the model. */
  atEnd(step: number, proceed: Proceed): Promise<void>;
}

export function createEvaluations(options: {
  readonly model: TrainableModel;
  readonly data: TrainingRows;
  readonly archive: RunArchive;
  readonly reporter: Reporter;
  readonly limits: PackingLimits;
  readonly windows: Windows | null;
  /** Of evaluations; absent: binary cross-entropy. */
  readonly loss?: 'cross-entropy' | undefined;
  readonly seed: number;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
}): Evaluations {
  const { model, data, archive, reporter, limits, windows, loss, seed, stepsPerEpoch, totalSteps } = options;
  const sample = trainSample(data.split, seed);

  const evaluateRows = async (split: EvaluationSplit, rows: Uint32Array, step: number, proceed: Proceed) => {
    const epoch = step / stepsPerEpoch;
    const evaluation = await evaluate({
      model,
      data,
      split,
      rows,
      step,
      epoch,
      limits,
      windows,
      loss,
      proceed,
    });
    if (evaluation) await archive.keepLogits(evaluation.logits);
    return evaluation;
  };

  const record = (point: EvaluationPoint) => {
    archive.history.evaluations.push(point);
    reporter.send({ kind: 'evaluation', point });
  };

  const warn = (step: number, validation: Evaluation, train: Evaluation) => {
    const { report, notFinite } = validation;
    // Every run begins by predicting nothing or noise: before its first epoch is over that is no sign of anything.
    const isEarly = step < Math.min(stepsPerEpoch, totalSteps);
    const found = diagnose({ report, train: train.report, notFinite }).filter(
      ({ code }) => code === 'logits-not-finite' || !isEarly,
    );
    // Said at every evaluation where it holds, so that whoever listens can drop what no longer does.
    for (const { code, message, remedy } of found) reporter.send({ kind: 'warning', code, message, remedy });
  };

  const duringTraining: Evaluations['duringTraining'] = async (step, proceed) => {
    // Where the disk was full after the evaluation, only its saving is tried again.
    if (!archive.isEvaluated('validation', step)) {
      const validation = await evaluateRows('validation', data.split.validation, step, proceed);
      const train = validation && (await evaluateRows('train', sample, step, proceed));
      if (!validation || !train) return;
      const candidate = pointOf(validation, false);
      const isBest = await archive.keepIfBest(candidate);
      record(pointOf(train, false));
      record({ ...candidate, isBest });
      warn(step, validation, train);
    }
    await archive.saveHistory();
  };

  return {
    duringTraining,
    async atEnd(step, proceed) {
      if (data.split.validation.length > 0 && !archive.isEvaluated('validation', step))
        await duringTraining(step, proceed);
      if (data.split.test.length === 0) return;
      const bestStep = archive.best().point?.step ?? null;
      if (!archive.isEvaluated('test', step)) {
        const test = await evaluateRows('test', data.split.test, step, proceed);
        if (!test) return;
        record(pointOf(test, bestStep === step));
      }
      if (bestStep === null || archive.isEvaluated('test', bestStep)) return;
      if (!(await loadBest(archive.files, model, bestStep))) {
        reporter.send({
          kind: 'warning',
          code: 'best-weights-lost',
          message: `${bestFile(bestStep)} is missing or damaged: the test figures are those of the last step.`,
          remedy: 'Start the run again with the same seed to get the same best weights.',
        });
        return;
      }
      const test = await evaluateRows('test', data.split.test, bestStep, proceed);
      if (test) record(pointOf(test, true));
    },
  };
}

function pointOf({ logits, report }: Evaluation, isBest: boolean): EvaluationPoint {
  const { step, split, loss } = logits;
  const { micro, macro, labelAccuracy } = report;
  return { step, split, loss, microF1: micro.f1, macroF1: macro.f1, labelAccuracy, isBest };
}
