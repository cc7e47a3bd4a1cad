import { describe, expect, it } from 'vitest';
import type { OptimizerStep, StateTensor } from '../../models/trainable.ts';
import { packBatch } from '../batches.ts';
import { BagModel } from './bagModel.ts';
import { syntheticRows } from './rows.ts';

const step: OptimizerStep = {
  step: 1,
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  decay: 'all',
  clipNorm: null,
  seed: 4,
};

describe('the model that the loop is tested with', () => {
  it('has exact gradients, dropout included', async () => {
    const data = syntheticRows({ rows: 12, labels: 3, seed: 2 });
    const model = new BagModel({
      vocabularySize: data.vocabularySize,
      hiddenSize: 4,
      labelCount: 3,
      seed: 1,
      dropout: 0.3,
    });
    const batches = [
      packBatch(data, [0, 1, 2], (ids) => model.segmentIds(ids), true),
      packBatch(data, [3, 4], (ids) => model.segmentIds(ids), true),
    ];
    const tensors: StateTensor[] = [];
    for await (const tensor of model.readState(['parameter'])) tensors.push(tensor);
    model.lossAndGradients(batches, step);
    const exact = new Map(tensors.map(({ name }) => [name, model.gradientOf(name).slice()]));
    for (const tensor of tensors)
      for (const at of [0, 1, tensor.data.length - 1]) {
        const lossAt = async (delta: number) => {
          const data = tensor.data.slice();
          data[at] = (data[at] as number) + delta;
          await model.writeState([{ ...tensor, data }]);
          const loss = model.lossAndGradients(batches, step);
          await model.writeState([tensor]);
          return { loss, value: data[at] };
        };
        const [up, down] = [await lossAt(1e-2), await lossAt(-1e-2)];
        const numeric = (up.loss - down.loss) / (up.value - down.value);
        expect(numeric).toBeCloseTo(exact.get(tensor.name)?.[at] ?? Number.NaN, 6);
      }
  });
});
