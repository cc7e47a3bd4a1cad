import type { EvaluationPoint, EvaluationSplit, Hyperparameters, StepPoint } from '../types.ts';
import { encodeContainer, openContainer } from './container.ts';
import type { FileStore } from './fileStore.ts';

/** A run's curves so far. */
export interface RunHistory {
  readonly steps: StepPoint[];
  readonly evaluations: EvaluationPoint[];
}

const historyFile = 'history.safetensors';
const columns = [
  'step',
  'epoch',
  'loss',
  'learningRate',
  'gradientNorm',
  'tokens',
  'stepMs',
  'tokensPerSecond',
] as const satisfies readonly (keyof StepPoint)[];

/** Stores the curves: steps as float64 columns (exact), evaluations as JSON. The scale only where there is one; NaN is absent. */
export async function writeHistory(files: FileStore, { steps, evaluations }: RunHistory): Promise<void> {
  const isScaled = steps.some(({ gradientScale }) => gradientScale !== undefined);
  const stored = isScaled ? ([...columns, 'gradientScale'] as const) : columns;
  const table = new Float64Array(steps.length * stored.length);
  let at = 0;
  for (const point of steps) for (const column of stored) table[at++] = point[column] ?? Number.NaN;
  await files.write(
    historyFile,
    encodeContainer(
      { columns: stored, evaluations },
      [{ name: 'steps', dtype: 'F64', shape: [steps.length, stored.length] }],
      [{ name: 'steps', data: table }],
    ),
  );
}

/** The stored curves, up to and including `lastStep`; empty where nothing usable is stored. */
export async function readHistory(
  files: FileStore,
  lastStep: number = Number.POSITIVE_INFINITY,
): Promise<RunHistory> {
  const blob = await files.read(historyFile);
  if (!blob) return { steps: [], evaluations: [] };
  try {
    const container = await openContainer(blob);
    const table = await container.read('steps');
    const { evaluations, columns: stored = columns } = container.metadata as {
      evaluations: EvaluationPoint[];
      columns?: readonly string[];
    };
    const steps: StepPoint[] = [];
    for (let at = 0; at < table.length; at += stored.length) {
      const cells = stored.map((column, i) => [column, table[at + i] as number] as const);
      steps.push(
        Object.fromEntries(
          cells.filter(([column, value]) => column !== 'gradientScale' || !Number.isNaN(value)),
        ) as unknown as StepPoint,
      );
    }
    return {
      steps: steps.filter(({ step }) => step <= lastStep),
      evaluations: evaluations.filter(({ step }) => step <= lastStep),
    };
  } catch {
    // Curves are a picture of the run, not the run: a damaged file must not stop it from being resumed.
    return { steps: [], evaluations: [] };
  }
}

/** The best validation so far, and how many evaluations in a row were no better: a fold, so that a resume repeats it. */
export interface BestSoFar {
  readonly point: EvaluationPoint | null;
  readonly evaluationsSince: number;
}

/**
 * Folds evaluations into the best one by metric. An evaluation off schedule (at a stop) may be the best, but patience looks at
 * scheduled ones alone: a run that was stopped and resumed ends early where an uninterrupted one does.
 */
export function bestSoFar(evaluations: readonly EvaluationPoint[], h: Hyperparameters): BestSoFar {
  let point: EvaluationPoint | null = null;
  let scheduled: EvaluationPoint | null = null;
  let evaluationsSince = 0;
  for (const candidate of evaluations) {
    if (candidate.split !== 'validation') continue;
    if (point === null || isBetter(candidate, point, h.bestMetric)) point = candidate;
    if (candidate.step % h.evaluateEverySteps !== 0) continue;
    if (scheduled === null || isBetter(candidate, scheduled, h.bestMetric)) {
      scheduled = candidate;
      evaluationsSince = 0;
    } else evaluationsSince++;
  }
  return { point, evaluationsSince };
}

/**
 * Whether `a` beats `b` by the metric. Equal scores are told apart by the loss: in the first evaluations every F1 is 0, and a
 * falling loss there is progress, not a reason to stop early.
 */
export function isBetter(
  a: EvaluationPoint,
  b: EvaluationPoint,
  metric: Hyperparameters['bestMetric'],
): boolean {
  if (metric === 'loss' || a[metric] === b[metric]) return a.loss < b.loss;
  return a[metric] > b[metric];
}

/** The step whose logits answer "best" or "last" for a split; null where it was not evaluated. */
export function evaluatedStep(
  evaluations: readonly EvaluationPoint[],
  h: Hyperparameters,
  split: EvaluationSplit,
  which: 'best' | 'last',
): number | null {
  const points = evaluations.filter((point) => point.split === split);
  if (which === 'last')
    return points.reduce<number | null>((last, { step }) => Math.max(last ?? 0, step), null);
  const best = bestSoFar(evaluations, h).point;
  return best && points.some(({ step }) => step === best.step) ? best.step : null;
}
