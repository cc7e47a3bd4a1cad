import { random } from '../base/random.ts';
import { rowCrossEntropies } from '../core/metrics/crossEntropy.ts';
import { createEvaluator } from '../core/metrics/evaluator.ts';
import type { EvaluationReport } from '../core/metrics/types.ts';
import type { TrainableModel } from '../models/trainable.ts';
import { denseTargets, packBatch, packSequences } from './batches.ts';
import { noSpecials, poolWindows, windowTable, type Windows } from './windows.ts';
import { planEvaluation, type PackingLimits } from './packing.ts';
import type { EvaluationLogits, EvaluationSplit, TrainingRows } from './types.ts';

/** An evaluation as kept, and what its logits say at the usual decision threshold of 0.5. */
export interface Evaluation {
  readonly logits: EvaluationLogits;
  readonly report: EvaluationReport;
  readonly notFinite: number;
}

export interface EvaluationRequest {
  readonly model: TrainableModel;
  readonly data: TrainingRows;
  readonly split: EvaluationSplit;
  /** Positions into the token table. */
  readonly rows: Uint32Array;
  readonly step: number;
  readonly epoch: number;
  readonly limits: PackingLimits;
  /** What the evaluation's loss is; absent: binary cross-entropy, mean over cells. */
  readonly loss?: 'cross-entropy' | undefined;
  /** Longer rows are read in windows, and their logits pooled; absent: rows are read whole. */
  readonly windows?: Windows | null;
  /** Asked before each batch with the rows done so far; false abandons the evaluation. */
  readonly proceed: (rowsDone: number) => Promise<boolean>;
}

/** Logits of rows, in their order, without dropout; null where `proceed` said no. */
export async function evaluate(request: EvaluationRequest): Promise<Evaluation | null> {
  const { data, split, rows, step, epoch } = request;
  const labelCount = data.labels.length;
  const read = request.windows
    ? await windowedLogits(request, request.windows)
    : await wholeLogits(request, labelCount);
  if (!read) return null;
  const logits = read;
  const targets = denseTargets(data, rows, Uint8Array);
  const evaluator = createEvaluator({ labels: data.labels, logits, targets });
  return {
    logits: {
      step,
      epoch,
      split,
      rowIds: Uint32Array.from(rows, (row) => data.tokens.rowIds[row] as number),
      labels: data.labels,
      logits,
      targets,
      loss: request.loss ? crossEntropyOf(logits, targets, labelCount) : evaluator.loss(),
    },
    report: evaluator.at(0.5),
    notFinite: evaluator.notFinite,
  };
}

/** Mean cross-entropy over rows of log-odds `[rows, labels]`; pooled ones of windows are scaled to a sum of 1 first. */
export function crossEntropyOf(logOdds: Float32Array, targets: Uint8Array, labels: number): number {
  const losses = rowCrossEntropies(logOdds, targets, labels);
  return losses.length === 0 ? 0 : losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

async function wholeLogits(
  { model, data, rows, limits, proceed }: EvaluationRequest,
  labelCount: number,
): Promise<Float32Array | null> {
  const logits = new Float32Array(rows.length * labelCount);
  let done = 0;
  for (const batch of planEvaluation(rows, data.tokens.offsets, limits)) {
    if (!(await proceed(done))) return null;
    const members = batch.map((at) => rows[at] as number);
    const out = await model.logits(packBatch(data, members, (ids) => model.segmentIds(ids), false));
    for (const [b, at] of batch.entries())
      logits.set(out.subarray(b * labelCount, (b + 1) * labelCount), at * labelCount);
    done += batch.length;
  }
  return logits;
}

async function windowedLogits(
  { model, data, rows, limits, proceed }: EvaluationRequest,
  windows: Windows,
): Promise<Float32Array | null> {
  const labelCount = data.labels.length;
  const table = windowTable(data.tokens, rows, windows, model.specials ?? noSpecials);
  const pool = poolWindows(rows.length, labelCount, windows.pooling, table.owners);
  const all = Uint32Array.from(table.owners.keys());
  let done = 0;
  for (const batch of planEvaluation(all, table.offsets, limits)) {
    if (!(await proceed(done))) return null;
    const sequences = batch.map((window) => table.sequence(window));
    const out = await model.logits(packSequences(sequences, (ids) => model.segmentIds(ids)));
    for (const [b, window] of batch.entries()) {
      const own = out.subarray(b * labelCount, (b + 1) * labelCount);
      if (pool.add(table.owners[window] as number, own)) done++;
    }
  }
  return pool.logits;
}

/**
 * The training rows that are evaluated beside the validation rows, to see the gap between the two: as many, at most
 * `most`, drawn once a run.
 */
export function trainSample(split: TrainingRows['split'], seed: number, most = 1000): Uint32Array {
  const size = Math.min(most, split.train.length, split.validation.length);
  return random(seed, 0x73616d70).shuffle(Uint32Array.from(split.train)).slice(0, size).sort();
}
