import { describe, expect, it } from 'vitest';
import { openNodeGpu } from '../engine/testing/nodeGpu.ts';
import { createTrainableModel, type Lowering } from '../models/create.ts';
import { capacityOf } from './batches.ts';
import { memoryFileStore } from './checkpoints/fileStore.ts';
import { firstDifference, trainPart, type ResumeSubject } from './testing/resume.ts';
import { quickHyperparameters, syntheticRows } from './testing/rows.ts';

const data = syntheticRows({ rows: 120, labels: 4, seed: 2 });

/** A small XLNet with dropout: the whole engine under the whole loop. */
function subject(lowering: Lowering, layers: number, steps: number): ResumeSubject {
  const hyperparameters = {
    ...quickHyperparameters,
    learningRate: 3e-3,
    maxSteps: steps,
    checkpointEverySteps: 6,
    evaluateEverySteps: 10,
  };
  const config = {
    model_type: 'xlnet',
    vocab_size: data.vocabularySize,
    d_model: 32,
    n_layer: layers,
    n_head: 2,
    d_head: 16,
    d_inner: 64,
    dropout: 0.1,
    summary_last_dropout: 0.1,
  };
  return {
    data,
    hyperparameters,
    seed: 11,
    async createModel() {
      const labelCount = data.labels.length;
      const capacity = capacityOf(hyperparameters);
      const options = { config, weights: null, labelCount, lowering, capacity, seed: 11, dropout: null };
      return (await createTrainableModel(options)).model;
    },
  };
}

/** One run in one piece, and one that is cut off, checkpointed and resumed with a new model. */
async function wholeAndResumed(run: ResumeSubject, cut: number) {
  const whole = await trainPart(run, memoryFileStore());
  const files = memoryFileStore();
  await trainPart(run, files, cut);
  return { whole, resumed: await trainPart(run, files) };
}

const losses = ({ outcome }: Awaited<ReturnType<typeof trainPart>>) =>
  outcome.history.steps.map(({ loss }) => loss);

const { gpu, ...none } = await openNodeGpu();
if (!gpu) console.warn(`XLNet on WebGPU is not tested: ${'reason' in none ? none.reason : 'no device'}`);

describe('XLNet, cut off and resumed, equals the run in one piece bit for bit', () => {
  it('on the CPU path: 20 steps against 10 and 10', async () => {
    const { whole, resumed } = await wholeAndResumed(subject({ kind: 'onnx', threads: 1 }, 2, 20), 10);
    expect(losses(whole).at(-1)).toBeLessThan(losses(whole)[0] as number);
    expect(losses(resumed)).toEqual(losses(whole));
    expect(firstDifference(resumed.state, whole.state)).toBeNull();
  });

  // Three models are compiled, which a software GPU on a busy machine takes its time for.
  it.skipIf(!gpu)(
    'on WebGPU: 6 steps against 3 and 3',
    async () => {
      if (!gpu) return;
      const { whole, resumed } = await wholeAndResumed(subject({ kind: 'webgpu', gpu }, 1, 6), 3);
      expect(losses(resumed)).toEqual(losses(whole));
      expect(firstDifference(resumed.state, whole.state)).toBeNull();
    },
    300_000,
  );

  it.skipIf(!gpu)(
    'begun on WebGPU, goes on on the CPU path with the same losses up to rounding',
    async () => {
      if (!gpu) return;
      const whole = await trainPart(subject({ kind: 'webgpu', gpu }, 1, 8), memoryFileStore());
      const files = memoryFileStore();
      await trainPart(subject({ kind: 'webgpu', gpu }, 1, 8), files, 4);
      const moved = await trainPart(subject({ kind: 'onnx', threads: 1 }, 1, 8), files);
      expect(losses(moved).slice(0, 4)).toEqual(losses(whole).slice(0, 4));
      for (const [i, loss] of losses(moved).entries())
        expect(Math.abs(loss / (losses(whole)[i] as number) - 1)).toBeLessThan(1e-4);
      // Both lowerings draw the same dropout, or the losses would part at once.
      expect(losses(moved).slice(4)).not.toEqual(losses(whole).slice(4));
    },
    300_000,
  );
});
