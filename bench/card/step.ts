import { random } from '../../src/base/random.ts';
import type { MatmulPrecision, MatmulTable } from '../../src/engine/ops/matmul/tiles.ts';
import { applyMemoryChoices, type MemoryChoices } from '../../src/engine/plan/choices.ts';
import { nodeFlops } from '../../src/engine/plan/estimate.ts';
import type { GpuDevice } from '../../src/engine/webgpu/device.ts';
import { createTrainableModel, defineModel } from '../../src/models/create.ts';
import type { OptimizerStep, PackedBatch, TrainableModel } from '../../src/models/trainable.ts';
import { adamw } from '../adamw.ts';

export interface StepSize {
  readonly sequences: number;
  readonly length: number;
}

export interface MeasuredStep extends StepSize {
  readonly precision: MatmulPrecision;
  readonly memory: MemoryChoices;
  readonly msPerStep: number;
  /** Of the plan without what is made again: what any engine has to compute. */
  readonly flops: number;
  readonly gflops: number;
  readonly tokensPerSecond: number;
  readonly plannedBytes: number;
  readonly byCategory: Readonly<Record<string, number>>;
  readonly firstLoss: number;
  readonly lastLoss: number;
}

export const labelCount = 100;

/** Whole AdamW steps of a fresh model, as the trainer asks for them: the next before the last is answered. */
export async function measureStep(
  gpu: GpuDevice,
  config: unknown,
  size: StepSize,
  options: {
    readonly precision: MatmulPrecision;
    readonly memory: MemoryChoices;
    readonly matmul: MatmulTable | null;
    readonly steps: number;
  },
): Promise<MeasuredStep> {
  const { precision, memory, matmul, steps } = options;
  const { sequences, length } = size;
  const tokens = sequences * length;
  const capacity = { tokens, sequences, maxLength: length };
  const { model } = await createTrainableModel({
    config,
    weights: null,
    labelCount,
    lowering: { kind: 'webgpu', gpu, precision, matmul: async () => matmul },
    capacity,
    seed: 1,
    dropout: null,
    memory,
  });
  try {
    const batch = randomBatch(model, size, vocabularyOf(config));
    const losses: number[] = [];
    let made = 0;
    const run = async (count: number) => {
      const waiting: Promise<void>[] = [];
      for (let i = 0; i < count; i++) {
        if (waiting.length >= model.stepsInFlight) await waiting.shift();
        waiting.push(
          model.trainStep([batch], optimizerStep(++made, model)).then(({ loss }) => void losses.push(loss)),
        );
      }
      await Promise.all(waiting);
    };
    await run(Math.min(3, steps));
    const startedAt = performance.now();
    await run(steps);
    const msPerStep = (performance.now() - startedAt) / steps;
    const definition = defineModel(config);
    const graph = applyMemoryChoices(definition.graph({ labelCount, training: true, dropout: null }), {
      recompute: 'nothing',
      storage: 'f32',
    });
    const dims = definition.capacity(capacity);
    const flops = graph.nodes.reduce((sum, node) => sum + nodeFlops(node, dims), 0);
    return {
      ...size,
      precision,
      memory,
      msPerStep,
      flops,
      gflops: flops / msPerStep / 1e6,
      tokensPerSecond: (1000 * tokens) / msPerStep,
      plannedBytes: model.memory.totalBytes,
      byCategory: model.memory.byCategory,
      firstLoss: losses[0] ?? Number.NaN,
      lastLoss: losses.at(-1) ?? Number.NaN,
    };
  } finally {
    model.dispose();
  }
}

function vocabularyOf(config: unknown): number {
  return (config as { vocab_size: number }).vocab_size;
}

function randomBatch(
  model: TrainableModel,
  { sequences, length }: StepSize,
  vocabulary: number,
): PackedBatch {
  const draw = random(7, 1);
  const ids = Int32Array.from({ length: sequences * length }, () => 10 + draw.integer(vocabulary - 10));
  const segments = new Int32Array(ids.length);
  for (let b = 0; b < sequences; b++)
    segments.set(model.segmentIds(ids.subarray(b * length, (b + 1) * length)), b * length);
  return {
    ids,
    segments,
    offsets: Uint32Array.from({ length: sequences + 1 }, (_, b) => b * length),
    targets: Float32Array.from({ length: sequences * labelCount }, () => (draw.integer(20) === 0 ? 1 : 0)),
  };
}

function optimizerStep(step: number, model: TrainableModel): OptimizerStep {
  return {
    step,
    learningRate: 1e-5,
    ...adamw,
    seed: 1,
    ...(model.scalesGradients ? { gradientScale: 1024 } : {}),
  };
}
