import type { LabelEncoding } from '../../src/core/encodings/types.ts';
import { countViolations, edgeCount, hierarchyByContainment } from '../../src/core/encodings/hierarchy.ts';
import { createTrainableModel } from '../../src/models/create.ts';
import { capacityOf } from '../../src/training/batches.ts';
import { memoryFileStore } from '../../src/training/checkpoints/fileStore.ts';
import { readLogits } from '../../src/training/checkpoints/checkpoints.ts';
import { RunControl } from '../../src/training/control.ts';
import { encodingOf } from '../../src/training/encoding.ts';
import { trainRun } from '../../src/training/loop.ts';
import { sensibleDefaults } from '../../src/training/presets.ts';
import type { EvaluationLogits, Hyperparameters, TrainingRows } from '../../src/training/types.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import { openMini, tokenRows } from '../quality/data.ts';
import type { Task } from './data.ts';

const maxLength = 64;

/** What is trained, and how fast it may learn. */
export interface Architecture {
  readonly config: unknown;
  /** Null: fresh ones. */
  readonly weights: WeightSource | null;
  readonly learningRate: number;
  readonly dropout: number;
}

/** A 2-layer DistilBERT of width 64: small enough to be trained again and again on a CPU. */
const small: Architecture = {
  config: {
    model_type: 'distilbert',
    vocab_size: 8000,
    initializer_range: 0.1,
    dim: 64,
    n_layers: 2,
    n_heads: 4,
    hidden_dim: 128,
    max_position_embeddings: 80,
  },
  weights: null,
  learningRate: 2e-3,
  dropout: 0.1,
};

/** verbena-mini, trained from its random weights. */
export const mini = async (): Promise<Architecture> => ({
  ...(await openMini()),
  learningRate: 1e-3,
  dropout: 0.1,
});

export interface NetworkResult {
  readonly validation: EvaluationLogits;
  readonly test: EvaluationLogits;
  readonly edges: number;
  readonly violations: ReturnType<typeof countViolations>;
  readonly parameters: number;
  readonly steps: number;
  readonly epochs: number;
  /** Micro-F1 of the validation rows at 0.5, by step: whether it still rises at the end. */
  readonly curve: readonly { readonly step: number; readonly microF1: number }[];
  readonly ms: number;
}

/** Trains a network for some steps and keeps its last outputs. `looks`: evaluations on the way, the last one included. */
export async function trainNetwork(
  { selection, texts, split }: Task,
  encoding: LabelEncoding,
  seed: number,
  maxSteps: number,
  { config, weights, learningRate, dropout }: Architecture = small,
  looks = 1,
): Promise<NetworkResult> {
  const h: Hyperparameters = {
    ...sensibleDefaults(split.train.length, { pretrained: false }).hyperparameters,
    encoding,
    maxLength,
    maxSteps,
    epochs: 100,
    learningRate,
    warmupSteps: 100,
    evaluateEverySteps: Math.ceil(maxSteps / looks),
    checkpointEverySteps: maxSteps,
    patience: null,
  };
  const tokens = await tokenRows(texts, selection.rowIds, maxLength);
  const data: TrainingRows = { tokens, split, ...selection };
  const plan = encodingOf(h, data, seed);
  const names = await tokenRows(data.labels, Uint32Array.from(data.labels.keys()), maxLength);
  const { model } = await createTrainableModel({
    config,
    weights,
    labelCount: data.labels.length,
    lowering: { kind: 'onnx' },
    capacity: capacityOf(h),
    seed,
    dropout,
    encoding: plan,
    names,
  });
  const files = memoryFileStore();
  const control = new RunControl();
  let said = 0;
  const started = performance.now();
  const { step, history } = await trainRun({
    model,
    data,
    hyperparameters: h,
    seed,
    files,
    control,
    onEvent: (event) => {
      const point = event.kind === 'steps' ? event.points.at(-1) : undefined;
      if (!point || event.kind !== 'steps' || point.step < said + 100) return;
      said = point.step;
      const left = event.etaMs === null ? '' : `, ${(event.etaMs / 60_000).toFixed(0)} min left`;
      console.log(`step ${point.step} of ${event.totalSteps}: loss ${point.loss.toFixed(3)}${left}`);
    },
  });
  const ms = performance.now() - started;
  const [validation, test] = [
    await readLogits(files, 'validation', step),
    await readLogits(files, 'test', step),
  ];
  if (!validation || !test) throw new Error('The run kept no outputs.');
  const hierarchy = hierarchyByContainment({ ...selection, train: split.train });
  const parameters = model.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  model.dispose();
  return {
    validation,
    test,
    edges: edgeCount(hierarchy),
    violations: countViolations(test.logits, data.labels.length, hierarchy),
    parameters,
    steps: step,
    epochs: (step * h.batchSize) / split.train.length,
    curve: history.evaluations
      .filter((point) => point.split === 'validation')
      .map(({ step: at, microF1 }) => ({ step: at, microF1 })),
    ms,
  };
}
