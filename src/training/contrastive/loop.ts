import { nextTask } from '../../base/breath.ts';
import { etaEstimator } from '../../base/progress.ts';
import { alignment, uniformity } from '../../core/embedding/uses/contrast.ts';
import type { ContrastiveModel, ContrastiveResult } from '../../models/contrastive.ts';
import { checkpointFile, loadNewestCheckpoint, writeCheckpoint } from '../checkpoints/checkpoints.ts';
import { once, type FileStore } from '../checkpoints/fileStore.ts';
import type { RunControl } from '../control.ts';
import { TrainingError } from '../errors.ts';
import { scheduleFactor } from '../schedules.ts';
import { batchMaker, type PlannedBatch } from './batches.ts';
import {
  assertContrastiveRows,
  assertContrastiveSettings,
  contrastiveSteps,
  contrastiveStepsPerEpoch,
  stepShape,
} from './settings.ts';
import type { ContrastiveEvent, ContrastivePoint, ContrastiveRows, ContrastiveSettings } from './types.ts';

export interface ContrastiveRun {
  readonly model: ContrastiveModel;
  readonly rows: ContrastiveRows;
  readonly settings: ContrastiveSettings;
  readonly seed: number;
  /** Holds the run's checkpoints and curves; a run that is found there is continued. */
  readonly files: FileStore;
  readonly control: RunControl;
  readonly onEvent: (event: ContrastiveEvent) => void;
  /** Points are sent together at most this often: a small model makes hundreds of steps a second. Default 150. */
  readonly reportEveryMs?: number;
}

export interface ContrastiveOutcome {
  readonly state: 'done' | 'stopped';
  readonly step: number;
  readonly totalSteps: number;
  readonly points: readonly ContrastivePoint[];
}

/** Rows whose spread is measured at every step: all pairs of them are. */
const measuredRows = 256;
const curvesFile = 'curves.json';

/**
 * Tunes an encoder by contrast to the end of its run, from wherever its files say it stands. Batches, dropout and rates are functions of
 * (settings, seed, step): a run that was stopped and continued makes the same steps as one that was not. A stop keeps the last
 * finished step as a checkpoint.
 *
 * Throws `contrastive-settings-invalid`, `no-training-rows`, `training-data-invalid`, `triplets-one-category`, `budget-below-length`,
 * `loss-not-finite`, `checkpoint-mismatch`, and what model and store throw.
 */
export async function trainContrastive(run: ContrastiveRun): Promise<ContrastiveOutcome> {
  try {
    return await runLoop(run);
  } finally {
    run.control.end();
  }
}

async function runLoop(run: ContrastiveRun): Promise<ContrastiveOutcome> {
  const { model, rows, settings, seed, files, control, onEvent } = run;
  assertContrastiveSettings(settings);
  assertContrastiveRows(rows, settings.method);
  const perEpoch = contrastiveStepsPerEpoch(rows.offsets.length - 1, settings.batchSize);
  const totalSteps = contrastiveSteps(settings, rows.offsets.length - 1);
  const { capacity, cachedTexts } = stepShape(settings, rows.offsets);
  const makeBatch = batchMaker(rows, settings, {
    seed,
    isCached: cachedTexts !== null,
    limits: { budgetTokens: capacity.tokens, maxSequences: capacity.sequences },
    segmentIds: (ids) => model.state.segmentIds(ids),
  });
  const loaded = await loadNewestCheckpoint(files, model.state);
  let step = loaded?.position.step ?? 0;
  const reporter = createReporter(onEvent, totalSteps, run.reportEveryMs ?? 150);
  const points = (await readCurves(files)).slice(0, step);
  let saved = step;
  const save = async () => {
    if (saved === step) return;
    // Curves first: points beyond a checkpoint are cut off when it is opened.
    await files.write(curvesFile, once(JSON.stringify(points)));
    const epoch = Math.floor(step / perEpoch);
    const position = { step, epoch, position: step % perEpoch, seed, bestStep: null, historySteps: step };
    await writeCheckpoint(files, model.state, position);
    for (const name of await files.list())
      if (name.startsWith('checkpoint-') && name !== checkpointFile(step)) await files.remove(name);
    saved = step;
    reporter.send({ kind: 'checkpoint', step });
  };
  const detail = step > 0 ? `Continued from step ${step}.` : 'Started.';
  onEvent({ kind: 'state', state: 'running', detail });

  for (let yieldedAt = performance.now(); step < totalSteps;) {
    if (performance.now() - yieldedAt > 16 || control.paused) {
      await nextTask();
      yieldedAt = performance.now();
    }
    const granted = await control.permission(
      async () => {
        await save();
        reporter.send({
          kind: 'state',
          state: 'paused',
          detail: `Paused after step ${step} of ${totalSteps}.`,
        });
      },
      () => {
        reporter.restartClock();
        reporter.send({ kind: 'state', state: 'running', detail: 'Continued.' });
      },
    );
    if (granted === 'stop') break;
    const point = await makeStep(run, makeBatch(Math.floor(step / perEpoch), step % perEpoch), {
      step: step + 1,
      epoch: (step + 1) / perEpoch,
      totalSteps,
    });
    step = point.step;
    points.push(point);
    reporter.step(point);
    if (step % settings.checkpointEverySteps === 0) await save();
    if (granted === 'step') control.stepDone();
  }
  await save();
  reporter.flush();
  return { state: step < totalSteps ? 'stopped' : 'done', step, totalSteps, points };
}

async function makeStep(
  { model, settings, seed }: ContrastiveRun,
  batch: PlannedBatch,
  { step, epoch, totalSteps }: { readonly step: number; readonly epoch: number; readonly totalSteps: number },
): Promise<ContrastivePoint> {
  const startedAt = performance.now();
  const { learningRate: peak, schedule, warmupShare, weightDecay, clipNorm } = settings;
  // From the first step on: where a run has few steps, one without an update would be a waste.
  const learningRate =
    peak * scheduleFactor(schedule, step, Math.round(warmupShare * totalSteps), totalSteps + 1);
  const result = await model.trainStep(batch, {
    step,
    learningRate,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay,
    decay: 'no-bias-no-norm',
    clipNorm,
    seed,
  });
  if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradientNorm))
    throw new TrainingError(
      'loss-not-finite',
      `The loss is no longer a number at step ${step}.`,
      'Start again with a lower learning rate or a higher temperature; the last checkpoint is kept.',
      { step, learningRate },
    );
  return {
    step,
    epoch,
    loss: result.loss,
    learningRate,
    gradientNorm: result.gradientNorm,
    ...spread(result, batch),
    hardShare: batch.hardShare,
    tokens: batch.tokens,
    stepMs: performance.now() - startedAt,
  };
}

function spread({ vectors }: ContrastiveResult, { pairs }: PlannedBatch) {
  const count = Math.min(pairs.length, measuredRows);
  const values = vectors.values.subarray(0, count * vectors.width);
  return {
    alignment: alignment(vectors, pairs) ?? Number.NaN,
    uniformity: uniformity({ count, width: vectors.width, values }),
  };
}

/** Sends points in batches, and everything else behind the points before it. */
function createReporter(onEvent: ContrastiveRun['onEvent'], totalSteps: number, intervalMs: number) {
  let held: ContrastivePoint[] = [];
  let sentAt = Number.NEGATIVE_INFINITY;
  let eta = etaEstimator();
  let etaMs: number | null = null;
  const flush = () => {
    if (held.length === 0) return;
    const points = held;
    held = [];
    sentAt = performance.now();
    onEvent({ kind: 'steps', points, totalSteps, etaMs });
  };
  return {
    flush,
    step(point: ContrastivePoint) {
      held.push(point);
      etaMs = eta(point.step, totalSteps, performance.now());
      if (performance.now() - sentAt >= intervalMs) flush();
    },
    send(event: ContrastiveEvent) {
      flush();
      onEvent(event);
    },
    /** A pause says nothing about speed. */
    restartClock: () => void (eta = etaEstimator()),
  };
}

async function readCurves(files: FileStore): Promise<ContrastivePoint[]> {
  const blob = await files.read(curvesFile);
  return blob ? (JSON.parse(await blob.text()) as ContrastivePoint[]) : [];
}
