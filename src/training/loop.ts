import { nextTask } from '../base/breath.ts';
import { VerbenaError } from '../base/errors.ts';
import type { OptimizerStep, StepResult, TrainableModel } from '../models/trainable.ts';
import { isQuota, openArchive, type RunArchive } from './archive.ts';
import { capacityOf, limitsOf, packBatch } from './batches.ts';
import type { FileStore } from './checkpoints/fileStore.ts';
import type { RunHistory } from './checkpoints/history.ts';
import type { RunControl } from './control.ts';
import { TrainingError } from './errors.ts';
import { createEvaluations } from './evaluations.ts';
import { createFlight } from './flight.ts';
import { leastGradientScale, nextGradientScale } from './gradientScale.ts';
import { assertHyperparameters, stepsPerEpoch, totalSteps } from './hyperparameters.ts';
import { planEpoch, type EpochPlan, type PackingOptions } from './packing.ts';
import { createReporter, type Reporter } from './reporter.ts';
import { learningRateAt } from './schedules.ts';
import type { Hyperparameters, LoopEvent, StepPoint, TrainingRows } from './types.ts';
import { noSpecials, trainedWindow, windowsOf } from './windows.ts';

export interface TrainingRun {
  readonly model: TrainableModel;
  readonly data: TrainingRows;
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
  /** Holds the run's checkpoints, best weights, curves and logits; a run that is found there is continued. */
  readonly files: FileStore;
  readonly control: RunControl;
  readonly onEvent: (event: LoopEvent) => void;
  /** Sees the history object that the loop appends to. */
  readonly onHistory?: (history: RunHistory) => void;
}

export interface TrainingOutcome {
  readonly state: 'done' | 'stopped';
  readonly detail: string;
  readonly step: number;
  readonly totalSteps: number;
  readonly bestStep: number | null;
  readonly history: RunHistory;
}

/**
 * Trains a model to the end of its run, from wherever its files say it stands. Between any two steps the whole state is
 * (parameters, moments, step, history); everything else is a function of these and the settings, so a run that was
 * stopped, paused or cut off makes the same steps, bit for bit, as one that was not.
 *
 * Throws `loss-not-finite` naming the step, `checkpoint-invalid`, `checkpoint-mismatch`, and whatever the model or the
 * store throw (`device-lost`, `out-of-memory`, `quota-exceeded`); the last good checkpoint stays in every case.
 */
export async function trainRun(run: TrainingRun): Promise<TrainingOutcome> {
  try {
    return await runLoop(run);
  } finally {
    run.control.end();
  }
}

async function runLoop(run: TrainingRun): Promise<TrainingOutcome> {
  const { model, data, hyperparameters: h, seed, files, control } = run;
  assertHyperparameters(h);
  const perEpoch = stepsPerEpoch(data.split.train.length, h.batchSize);
  const total = totalSteps(h, data.split.train.length);
  const limits = limitsOf(capacityOf(h));
  const windows = windowsOf(h);
  const common = { model, seed, stepsPerEpoch: perEpoch };
  const archive = await openArchive({ ...common, files, hyperparameters: h });
  const { history } = archive;
  run.onHistory?.(history);
  const reporter = createReporter(run.onEvent, total);
  const evaluations = createEvaluations({
    ...common,
    data,
    archive,
    reporter,
    limits,
    windows,
    loss: h.loss?.kind === 'cross-entropy' ? h.loss.kind : undefined,
    totalSteps: total,
  });
  const packing = {
    rows: data.split.train,
    offsets: data.tokens.offsets,
    batchSize: h.batchSize,
    seed,
    ...limits,
    ...(windows ? { longestPiece: windows.size } : {}),
  };
  const makeStep = stepMaker(run, packing, perEpoch, total, history.steps, reporter);
  let step = archive.startStep;
  const flight = createFlight<StepPoint>((point) => {
    step = point.step;
    history.steps.push(point);
    reporter.step(point);
  });
  const land = (most: number) =>
    flight.land(most).catch(async (error: unknown) => {
      reporter.flush();
      await archive.saveHistory().catch(() => undefined);
      throw error;
    });
  reportOpening(archive, reporter);

  const checkpoint = async () => {
    const bytes = await archive.checkpoint(step);
    if (bytes !== null) reporter.send({ kind: 'checkpoint', step, bytes });
  };
  const { permission, pausingWhereFull, madeByHand } = gate(control, reporter, checkpoint, () => step, total);
  const proceed = async () => {
    await nextTask();
    return (await permission()) !== 'stop';
  };

  let detail = 'All steps are made.';
  let stopped = false;
  let yieldedAt = performance.now();
  for (;;) {
    // Steps are answered late (a GPU should not wait for its host); whatever looks at the model waits for all of them.
    const asked = step + flight.size;
    const isLast = asked >= total;
    const isCheckpointDue = asked % h.checkpointEverySteps === 0;
    const isDue = asked > 0 && (isLast || asked % h.evaluateEverySteps === 0);
    const mustStand = isDue || isCheckpointDue || control.paused || control.stopping;
    await land(mustStand ? 0 : model.stepsInFlight - 1);
    if (isDue && data.split.validation.length > 0 && !archive.isEvaluated('validation', step))
      await pausingWhereFull(() => evaluations.duringTraining(step, proceed));
    const patienceLost = h.patience !== null && archive.best().evaluationsSince >= h.patience;
    if (asked > 0 && (isLast || patienceLost || isCheckpointDue)) await pausingWhereFull(checkpoint);
    if (isLast) break;
    if (patienceLost) {
      detail = `Stopped early at step ${step}: ${h.bestMetric} has not improved for ${h.patience} evaluations.`;
      break;
    }
    if (performance.now() - yieldedAt > 16 || control.paused) {
      await nextTask();
      yieldedAt = performance.now();
    }
    // A button pressed while yielding: land first, then obey.
    if (flight.size > 0 && (control.paused || control.stopping)) continue;
    const granted = await permission();
    if (granted === 'stop') {
      stopped = true;
      detail = `Stopped after step ${step} of ${total}.`;
      break;
    }
    flight.take(makeStep(step + flight.size + 1, archive.checkpointStep()));
    if (granted === 'step') await land(0);
    madeByHand(granted === 'step');
  }

  if (step > 0) {
    await checkpoint();
    reporter.send({ kind: 'state', state: 'running', detail: 'Evaluating the finished model.' });
    await evaluations.atEnd(step, async () => {
      await nextTask();
      return !control.hurried;
    });
    await archive.saveHistory();
    await archive.tidy(step);
  }
  const bestStep = archive.best().point?.step ?? null;
  return { state: stopped ? 'stopped' : 'done', detail, step, totalSteps: total, bestStep, history };
}

function reportOpening({ torn, startStep, checkpointStep }: RunArchive, reporter: Reporter): void {
  for (const name of torn)
    reporter.send({
      kind: 'warning',
      code: 'checkpoint-torn',
      message: `${name} is damaged and was passed over; the run continues from step ${startStep}.`,
      remedy: 'Nothing to do: the steps since then are made again, with the same result.',
    });
  const detail = checkpointStep() === null ? 'Started.' : `Continued from step ${startStep}.`;
  reporter.send({ kind: 'state', state: 'running', detail });
}

/** The buttons as the loop meets them: what happens when it parks, when it goes on, and when the disk is full. */
function gate(
  control: RunControl,
  reporter: Reporter,
  checkpoint: () => Promise<void>,
  step: () => number,
  total: number,
) {
  let steppedByHand = false;
  const warnOf = ({ code, message, remedy }: VerbenaError) =>
    reporter.send({ kind: 'warning', code, message, remedy });
  const sayPaused = () =>
    reporter.send({ kind: 'state', state: 'paused', detail: `Paused after step ${step()} of ${total}.` });
  const wake = () => {
    reporter.restartClock();
    reporter.send({ kind: 'state', state: 'running', detail: control.stopping ? 'Stopping.' : 'Continued.' });
  };
  const park = async () => {
    // A hand that steps through a run should not wait for a gigabyte between two steps.
    if (!steppedByHand)
      await checkpoint().catch((error: unknown) => {
        if (!isQuota(error)) throw error;
        warnOf(error);
      });
    sayPaused();
  };
  return {
    permission: () => control.permission(park, wake),
    madeByHand(byHand: boolean) {
      steppedByHand = byHand;
      if (!byHand) return;
      reporter.flush();
      control.stepDone();
    },
    /** A full disk pauses the run instead of ending it: its state is still in memory, and the work is tried again. */
    async pausingWhereFull(work: () => Promise<void>): Promise<void> {
      for (;;) {
        try {
          return await work();
        } catch (error) {
          if (!isQuota(error) || control.stopping) throw error;
          warnOf(error);
          void control.pause();
          if ((await control.permission(async () => sayPaused(), wake)) === 'stop') return;
        }
      }
    },
  };
}

/** Makes the update that leads to a (1-based) step: its batches, its rate, forward, backward, AdamW. */
function stepMaker(
  run: TrainingRun,
  packing: PackingOptions,
  perEpoch: number,
  total: number,
  made: readonly StepPoint[],
  reporter: Reporter,
) {
  const { model, data, hyperparameters: h, seed } = run;
  const segmentIds = (ids: Int32Array) => model.segmentIds(ids);
  const windows = windowsOf(h);
  const pieceIn = (epoch: number) =>
    windows
      ? (row: number) => trainedWindow(data.tokens, row, windows, model.specials ?? noSpecials, seed, epoch)
      : undefined;
  let plan: EpochPlan | null = null;
  let answeredAt = Number.NEGATIVE_INFINITY;
  return async (step: number, checkpointStep: number | null): Promise<StepPoint> => {
    const epoch = Math.floor((step - 1) / perEpoch);
    if (plan?.epoch !== epoch) plan = planEpoch(packing, epoch);
    const planned = plan.steps[(step - 1) % perEpoch];
    if (!planned) throw new Error(`Epoch ${epoch} has no step ${step}.`);
    const startedAt = performance.now();
    const update = optimizerStep(h, step, total, seed);
    const batches = planned.microBatches.map((rows) =>
      packBatch(data, rows, segmentIds, true, pieceIn(epoch)),
    );
    const { result, scale } = await underScale(
      reporter,
      step,
      model.scalesGradients ? nextGradientScale(made) : undefined,
      (scaled) => finiteStep(model, batches, { ...update, ...scaled }, checkpointStep),
    );
    const { loss, gradientNorm } = result;
    // A step that waited behind another took the time since that one was answered.
    const now = performance.now();
    const stepMs = now - Math.max(startedAt, answeredAt);
    answeredAt = now;
    const tokens = planned.tokenCount;
    return {
      step,
      epoch: step / perEpoch,
      loss,
      learningRate: update.learningRate,
      gradientNorm,
      tokens,
      stepMs,
      tokensPerSecond: stepMs > 0 ? (1000 * tokens) / stepMs : 0,
      ...(scale === undefined ? {} : { gradientScale: scale }),
    };
  };
}

interface ScaledStep {
  readonly result: StepResult;
  readonly scale: number | undefined;
}

/** Makes a step under a gradient scale, again with half of it where it overflows, until the gradient is finite or beyond help. */
async function underScale(
  reporter: Reporter,
  step: number,
  first: number | undefined,
  make: (scaled: { readonly gradientScale?: number }) => Promise<StepResult>,
): Promise<ScaledStep> {
  if (first === undefined) return { result: await make({}), scale: undefined };
  for (let scale = first; ; scale /= 2) {
    const result = await make({ gradientScale: scale });
    if (!result.overflowed) return { result, scale };
    reporter.send({
      kind: 'warning',
      code: 'gradient-scale-lowered',
      message: `The gradient of step ${step} overflowed half precision under a scale of ${scale}: nothing was updated, and the step is made again under ${scale / 2}.`,
      remedy:
        'Nothing to do: this is how the scale is found. Many of these in a row ask for a lower learning rate.',
    });
  }
}

function optimizerStep(h: Hyperparameters, step: number, total: number, seed: number): OptimizerStep {
  const { beta1, beta2, epsilon, weightDecay, decay, clipNorm } = h;
  const learningRate = learningRateAt(h, step, total);
  return { step, learningRate, beta1, beta2, epsilon, weightDecay, decay, clipNorm, seed };
}

async function finiteStep(
  model: TrainableModel,
  batches: Parameters<TrainableModel['trainStep']>[0],
  update: OptimizerStep,
  checkpointStep: number | null,
): Promise<StepResult> {
  const kept = checkpointStep
    ? `The checkpoint of step ${checkpointStep} is kept.`
    : 'There is no checkpoint yet.';
  const notFinite = (what: string, cause?: VerbenaError) => {
    const tensor = cause?.details['tensor'];
    const where = typeof tensor === 'string' ? ` It begins in ${tensor}.` : '';
    return new TrainingError(
      'loss-not-finite',
      `${what} is no longer a number at step ${update.step}.${where} ${kept}`,
      'Start a run with a lower learning rate, more warm-up steps or gradient clipping; resuming repeats the same steps.',
      {
        step: update.step,
        checkpointStep,
        learningRate: update.learningRate,
        ...(typeof tensor === 'string' ? { tensor } : {}),
      },
      cause,
    );
  };
  try {
    const result = await model.trainStep(batches, update);
    if (!Number.isFinite(result.loss)) throw notFinite('The loss');
    // What a smaller scale may cure is the caller's.
    const isCurable = result.overflowed && (update.gradientScale ?? 0) > leastGradientScale;
    if (!Number.isFinite(result.gradientNorm) && !isCurable) throw notFinite('The gradient');
    return result;
  } catch (error) {
    if (
      error instanceof VerbenaError &&
      error.code === 'loss-not-finite' &&
      !(error instanceof TrainingError)
    )
      throw notFinite('The loss', error);
    throw error;
  }
}
