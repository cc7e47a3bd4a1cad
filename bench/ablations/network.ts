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
import { tokenRows } from '../quality/data.ts';
import type { Task } from './data.ts';

const config = {
  model_type: 'distilbert',
  vocab_size: 8000,
  initializer_range: 0.1,
  dim: 64,
  n_layers: 2,
  n_heads: 4,
  hidden_dim: 128,
  max_position_embeddings: 80,
};
const maxLength = 64;

export interface NetworkResult {
  readonly validation: EvaluationLogits;
  readonly test: EvaluationLogits;
  readonly edges: number;
  readonly violations: ReturnType<typeof countViolations>;
  readonly parameters: number;
  readonly steps: number;
  readonly ms: number;
}

/** A network small enough to be trained again and again on a CPU; the same steps under every encoding. */
export async function trainNetwork(
  { selection, texts, split }: Task,
  encoding: LabelEncoding,
  seed: number,
  maxSteps: number,
): Promise<NetworkResult> {
  const h: Hyperparameters = {
    ...sensibleDefaults(split.train.length, { pretrained: false }).hyperparameters,
    encoding,
    maxLength,
    maxSteps,
    epochs: 100,
    learningRate: 2e-3,
    warmupSteps: 100,
    evaluateEverySteps: maxSteps,
    checkpointEverySteps: maxSteps,
    patience: null,
  };
  const tokens = await tokenRows(texts, selection.rowIds, maxLength);
  const data: TrainingRows = { tokens, split, ...selection };
  const plan = encodingOf(h, data, seed);
  const names = await tokenRows(data.labels, Uint32Array.from(data.labels.keys()), maxLength);
  const { model } = await createTrainableModel({
    config,
    weights: null,
    labelCount: data.labels.length,
    lowering: { kind: 'onnx' },
    capacity: capacityOf(h),
    seed,
    dropout: 0.1,
    encoding: plan,
    names,
  });
  const files = memoryFileStore();
  const control = new RunControl();
  const started = performance.now();
  const { step } = await trainRun({
    model,
    data,
    hyperparameters: h,
    seed,
    files,
    control,
    onEvent: () => undefined,
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
    ms,
  };
}
