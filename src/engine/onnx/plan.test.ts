import { expect, test } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { activation } from '../ops/activation/op.ts';
import { add } from '../ops/add/op.ts';
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
