import { expect, test } from 'vitest';
import { differentiate } from '../graph/autodiff.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/types.ts';
import { activation } from '../ops/activation/op.ts';
import { add } from '../ops/add/op.ts';
import { attention } from '../ops/attention/op.ts';
import { bceWithLogits } from '../ops/bceWithLogits/op.ts';
import { matmul } from '../ops/matmul/op.ts';
import { recompute } from '../plan/recompute.ts';
import { tinyCapacity, tinyGraph } from '../testing/tinyModel.ts';
import { lowerGraph } from './lower.ts';
import { peakActivationBytes, planOnnx } from './plan.ts';

const dims = { T: 10, B: 1, R: 2, K: 1 };
const bytesEach = 4 * 10 * 3;

test('a chain needs two tensors at a time, one held across it a third', () => {
  const chain = new GraphBuilder();
  let x = chain.input('x', ['T', 3], 'f32');
  for (let i = 0; i < 5; i++) x = chain.one(activation('tanh'), [x], `y${i}`);
  expect(peakActivationBytes(chain.build(), dims)).toBe(2 * bytesEach);

  const residual = new GraphBuilder();
  const held = residual.one(activation('tanh'), [residual.input('x', ['T', 3], 'f32')], 'held');
  let y = held;
  for (let i = 0; i < 5; i++) y = residual.one(activation('tanh'), [y], `y${i}`);
  residual.one(add(), [held, y], 'sum');
  expect(peakActivationBytes(residual.build(), dims)).toBe(3 * bytesEach);
});

test('dropout masks are counted among the inputs', () => {
  const inputs = (rate: number) => {
    const graph = tinyGraph({ training: true, rate });
    return planOnnx(graph, tinyCapacity, lowerGraph(graph)).byCategory['inputs'] ?? 0;
  };
  const { T, R } = tinyCapacity;
  // Two sites of [T, 8] and the probabilities of two heads, S = R / 2.
  expect(inputs(0.2) - inputs(0)).toBe(4 * (2 * T * 8 + 2 * T * (R / 2)));
});

test('attention that a plan makes again is counted once at a time, not twice a layer', () => {
  const width = 8;
  const g = new GraphBuilder();
  let hidden = g.input('x', ['T', width], 'f32');
  for (let layer = 0; layer < 5; layer++) {
    const weight = g.parameter({
      name: `w.${layer}`,
      shape: [width, 3 * width],
      group: `layer.${layer}`,
      role: 'weight',
    });
    const qkv = g.one(matmul({ transposeA: false, transposeB: false }), [hidden, weight], `qkv.${layer}`);
    const form = { heads: 1, headSize: width, causal: false, rate: 0, salt: 0, relative: null };
    hidden = g.one(attention(form), [qkv, g.input('blocks', ['K', 4], 'u32')], `layer.${layer}`);
  }
  const [loss] = g.apply(bceWithLogits(), [hidden, g.input('targets', ['T', width], 'f32')], 'loss');
  if (!loss) throw new Error('bceWithLogits has no loss');
  differentiate(g, loss);
  const graph = g.build();
  const bytes = (training: Graph) =>
    planOnnx(training, tinyCapacity, lowerGraph(training)).byCategory['attention'] ?? 0;
  const one = 4 * tinyCapacity.T * (tinyCapacity.R + 6 * width);
  expect(bytes(graph)).toBe(5 * one);
  // The last layer is kept, and the one before; of the others one at a time.
  expect(bytes(recompute(graph, 'layers'))).toBeLessThanOrEqual(3 * one);
});
