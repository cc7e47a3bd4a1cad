import { describe, expect, test } from 'vitest';
import { compareLowerings } from '../../testing/bothLowerings.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { packedFeed } from '../../testing/packed.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { matmul } from '../matmul/op.ts';
import { addColumns } from './op.ts';

const { gpu } = await openNodeGpu();

describe.skipIf(!gpu)('added columns on WebGPU', () => {
  test('agree with the ONNX lowering, forward and backward', { timeout: 120_000 }, async () => {
    if (!gpu) return;
    const errors = await compareLowerings(
      gpu,
      (g) => {
        const x = g.input('positions', ['R', 4], 'f32');
        const product = (name: string, width: number) =>
          g.one(
            matmul({ transposeA: false, transposeB: false }),
            [x, g.parameter({ name, shape: [4, width], group: 'all', role: 'weight' })],
            `${name}.product`,
          );
        const parts = [
          { start: 0, length: 3 },
          { start: 5, length: 4 },
        ];
        return g.one(addColumns(parts, 0.5), [product('y', 10), product('a', 3), product('b', 4)], 'sum');
      },
      packedFeed({
        lengths: [5, 2],
        tensors: new Map([['positions', Float32Array.from({ length: 40 }, (_, i) => Math.sin(i))]]),
      }),
    );
    for (const [name, error] of errors) expect(error, name).toBeLessThan(1e-5);
  });
});

test('parts that overlap or lie outside are refused by name', () => {
  const build = (start: number) => () => {
    const g = new GraphBuilder();
    const input = (name: string, width: number) => g.input(name, ['T', width], 'f32');
    const parts = [
      { start: 0, length: 3 },
      { start, length: 2 },
    ];
    g.one(addColumns(parts, 1), [input('y', 6), input('a', 3), input('b', 2)], 'sum');
  };
  expect(build(2)).toThrow(/addColumns: part 1/);
  expect(build(5)).toThrow(/does not lie in y/);
  expect(build(4)).not.toThrow();
});
