import { expect, test } from 'vitest';
import { GraphBuilder } from '../graph/builder.ts';
import { elementCount } from '../graph/types.ts';
import { sumRows } from '../ops/sumRows/op.ts';
import { layeredGraph } from '../testing/layeredModel.ts';
import { planMemory } from './plan.ts';

const graph = layeredGraph({ layers: 2, width: 64 });
const plan = (T: number, maxBindingBytes = 2 ** 27, B = 4) =>
  planMemory({ training: graph, inference: graph, capacity: { T, B, R: 16, K: 8 }, maxBindingBytes });

test.each([0, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a plan for %d tokens is refused', (tokens) => {
  expect(() => plan(tokens)).toThrow(
    expect.objectContaining({ code: 'graph-invalid', details: { axis: 'T', most: tokens } }),
  );
});

test('the tensor that is most beyond the device is named with its op, and what it says would fit does', () => {
  const granted = 2 ** 17;
  const tokens = 4096;
  const largest = Math.max(
    ...graph.nodes
      .flatMap(({ outputs }) => outputs)
      .filter(({ kind }) => kind === 'activation')
      .map(({ shape }) => 4 * elementCount(shape, { T: tokens, B: 4, R: 16, K: 8 })),
  );
  const fits = Math.floor((granted * tokens) / largest);
  expect(() => plan(tokens, granted)).toThrow(
    expect.objectContaining({
      code: 'limit-too-small',
      message: expect.stringMatching(/bytes at T = 4096 \(.+\).*maxStorageBufferBindingSize/u),
      remedy: expect.stringContaining(`T = ${fits} would fit`),
      details: expect.objectContaining({ needed: largest, granted, axis: 'T', most: tokens, fits }),
    }),
  );
  expect(plan(fits, granted).totalBytes).toBeGreaterThan(0);
  expect(() => plan(fits + 1, granted)).toThrow(expect.objectContaining({ code: 'limit-too-small' }));
});

test('an input beyond the device is refused while planning, not by a binding', () => {
  const g = new GraphBuilder();
  g.output('sums', g.one(sumRows(), [g.input('positions', ['R', 64], 'f32')], 'sums'));
  const tall = g.build();
  const capacity = { T: 4, B: 4, R: 1024, K: 8 };
  expect(() => planMemory({ training: tall, inference: tall, capacity, maxBindingBytes: 2 ** 17 })).toThrow(
    expect.objectContaining({
      code: 'limit-too-small',
      details: expect.objectContaining({ tensor: 'positions', operation: 'sumRows', axis: 'R', fits: 512 }),
    }),
  );
});
