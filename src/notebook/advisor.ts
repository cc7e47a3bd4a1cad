import { random } from '../base/random.ts';
import type { Progress, TaskOptions } from '../base/progress.ts';
import { throwIfAborted } from '../base/progress.ts';
import type { LabelResult } from '../core/calibration/learningCurves.ts';
import type { LabelTable } from '../core/labels/labelTable.ts';
import type { SelectedLabels } from '../core/labels/selection.ts';
import { createEvaluator } from '../core/metrics/evaluator.ts';
import type { BaselineData } from '../services/baseline/contract.ts';
import type { ExperimentServices } from './experiments/run.ts';
import type { Experiment } from './experiments/types.ts';
import type { NotebookParameters } from './parameters.ts';
import { assembleBaselineData, dealRows, selectByParameters } from './trainingData.ts';

// The evidence of the threshold advisor: how well TF-IDF with logistic regression learns labels of different support. Seconds to minutes,
// whatever the corpus: at most so many labels and rows.

/** One label at one share of the training rows, by name, so that it survives edits and reloads. */
export interface LearnedLabel extends Omit<LabelResult, 'labelId'> {
  readonly label: string;
}

export interface Learning {
  readonly results: readonly LearnedLabel[];
  /** Share of the records that a full run trains on. */
  readonly trainShare: number;
  readonly labels: number;
  readonly rows: number;
  /** Rarest labels that could be measured, in records. */
  readonly leastRecords: number;
}

export type LearningServices = Pick<ExperimentServices, 'corpus' | 'text' | 'reference'> &
  Pick<Partial<ExperimentServices>, 'split'>;

/** Nested shares of the training rows: three points of each label's curve. */
const learningShares = [0.25, 0.5, 1] as const;
const mostLabels = 48;
const mostRows = 12_000;
/** Rarer labels leave too few rows on either side of a split to be scored. */
const leastCount = 10;

/**
 * Per-label scores of the reference at growing shares of the training rows, for labels spread evenly over the logarithm of their support.
 * Pure of the seed of the split; cancellable. Throws what selecting, splitting and fitting throw.
 */
export async function measureLearning(
  services: LearningServices,
  table: LabelTable,
  dataHash: string,
  { labels, split: parts, text }: NotebookParameters,
  options: TaskOptions = {},
): Promise<Learning> {
  // Without test rows there is nothing to judge on: then a fifth is taken for it.
  const judgedShare = parts.validation + parts.test;
  const shares = judgedShare === 0 ? { ...parts, test: 0.2 } : parts;
  const trainShare = 1 - shares.validation - shares.test;
  const counts = countsOf(table);
  const threshold = Math.max(1, Math.min(leastCount, counts[1] ?? 1));
  const all = selectByParameters(table, { ...labels, pinned: [], threshold }, dataHash);
  const selection = takenRows(all, mostRows, shares.seed);
  const split = await dealRows(services, selection, { split: shares });
  const asked = Uint32Array.from([...split.validation, ...split.test]);
  throwIfAborted(options.signal);
  const data = narrowed(
    await assembleBaselineData(
      services,
      { selection, split: { ...split, test: asked }, cleaning: text.cleaning },
      'test',
      options,
    ),
    spreadLabels(selection),
  );
  const order = random(shares.seed, 0x61647669).shuffle(Uint32Array.from(data.trainTexts.keys()));
  const results: LearnedLabel[] = [];
  for (const [step, share] of learningShares.entries()) {
    const part = trainedOn(data, order.slice(0, Math.max(1, Math.round(share * order.length))));
    const { evaluation } = await services.reference(part, {
      ...options,
      onProgress: (progress) => options.onProgress?.(ofStep(progress, step)),
    });
    throwIfAborted(options.signal);
    const { perLabel } = createEvaluator(evaluation).at(0.5);
    for (const [column, { label, support, f1 }] of perLabel.entries()) {
      const trainSupport = columnSum(part.trainTargets, column, data.labels.length);
      if (trainSupport > 0 && support > 0) results.push({ label, trainSupport, testSupport: support, f1 });
    }
  }
  return {
    results,
    trainShare,
    labels: data.labels.length,
    rows: selection.rowIds.length,
    leastRecords: threshold,
  };
}

/** The results under a table's own label ids; labels that edits have taken away are left out. */
export function resultsIn(
  table: Pick<LabelTable, 'labels'>,
  results: readonly LearnedLabel[],
): LabelResult[] {
  const ids = new Map(table.labels.map((label, id) => [label, id]));
  return results.flatMap(({ label, ...result }) => {
    const labelId = ids.get(label);
    return labelId === undefined ? [] : [{ labelId, ...result }];
  });
}

/** Finished runs of threshold ablations on this data, the latest of a kind at each threshold. */
export function ablationRuns(
  experiments: readonly Experiment[],
  dataHash: string | null,
  kind: 'network' | 'reference',
): { readonly threshold: number; readonly macroF1: number }[] {
  const found = new Map<number, number>();
  for (const experiment of experiments)
    if (experiment.template === 'threshold' && experiment.dataHash === dataHash)
      for (const variant of experiment.variants)
        if (variant.kind === kind && variant.state.kind === 'done' && typeof variant.x === 'number')
          found.set(variant.x, variant.state.result.scores.macroF1);
  return Array.from(found, ([threshold, macroF1]) => ({ threshold, macroF1 })).sort(
    (a, b) => a.threshold - b.threshold,
  );
}

const ofStep = ({ done, total, unit }: Progress, step: number): Progress => ({
  phase: `Learning from ${Math.round(100 * (learningShares[step] ?? 1))} % of the training rows`,
  done,
  total,
  unit,
});

/** Counts of labels, descending. */
function countsOf({ labels, labelIds }: LabelTable): number[] {
  const counts = Array.from(labels, () => 0);
  for (const id of labelIds) counts[id] = (counts[id] as number) + 1;
  return counts.sort((a, b) => b - a);
}

/** At most so many of the selected rows, drawn at random, in their order. */
function takenRows(selection: SelectedLabels, most: number, seed: number): SelectedLabels {
  const { rowIds, targetOffsets, targetIds } = selection;
  if (rowIds.length <= most) return selection;
  const taken = random(seed, 0x61647672).shuffle(Uint32Array.from(rowIds.keys())).slice(0, most).sort();
  const offsets = new Uint32Array(most + 1);
  const ids: number[] = [];
  for (const [i, position] of taken.entries()) {
    for (const id of targetIds.subarray(targetOffsets[position], targetOffsets[position + 1])) ids.push(id);
    offsets[i + 1] = ids.length;
  }
  return {
    ...selection,
    rowIds: taken.map((position) => rowIds[position] as number),
    targetOffsets: offsets,
    targetIds: Uint32Array.from(ids),
  };
}

/** Columns of labels whose counts lie evenly on a logarithmic scale: a long tail would be all tail otherwise. */
function spreadLabels({ labels, targetIds }: SelectedLabels): number[] {
  const counts = new Uint32Array(labels.length);
  for (const id of targetIds) counts[id] = (counts[id] as number) + 1;
  const ranked = [...counts.keys()]
    .filter((id) => (counts[id] as number) > 0)
    .sort((a, b) => (counts[b] as number) - (counts[a] as number));
  if (ranked.length <= mostLabels) return ranked;
  const high = Math.log(counts[ranked[0] as number] as number);
  const low = Math.log(counts[ranked.at(-1) as number] as number);
  const chosen: number[] = [];
  let at = 0;
  for (let i = 0; i < mostLabels; i++) {
    const wanted = Math.exp(high - ((high - low) * i) / (mostLabels - 1));
    const left = mostLabels - i;
    while (at < ranked.length - left && (counts[ranked[at] as number] as number) > wanted) at++;
    chosen.push(ranked[at++] as number);
  }
  return chosen;
}

/** The same rows with some of the labels. */
function narrowed(data: BaselineData, columns: readonly number[]): BaselineData {
  const width = data.labels.length;
  const take = (targets: Uint8Array) => {
    const rows = targets.length / width;
    const out = new Uint8Array(rows * columns.length);
    for (let row = 0; row < rows; row++)
      for (const [i, column] of columns.entries())
        out[row * columns.length + i] = targets[row * width + column] as number;
    return out;
  };
  return {
    ...data,
    labels: columns.map((column) => data.labels[column] as string),
    trainTargets: take(data.trainTargets),
    testTargets: take(data.testTargets),
  };
}

/** The same task with some of the training rows. */
function trainedOn(data: BaselineData, rows: Uint32Array): BaselineData {
  const width = data.labels.length;
  const trainTargets = new Uint8Array(rows.length * width);
  for (const [i, row] of rows.entries())
    trainTargets.set(data.trainTargets.subarray(row * width, (row + 1) * width), i * width);
  return { ...data, trainTexts: Array.from(rows, (row) => data.trainTexts[row] as string), trainTargets };
}

function columnSum(targets: Uint8Array, column: number, width: number): number {
  let sum = 0;
  for (let cell = column; cell < targets.length; cell += width) sum += targets[cell] as number;
  return sum;
}
