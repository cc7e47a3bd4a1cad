import { describe, expect, test } from 'vitest';
import { compareLowerings } from '../../testing/bothLowerings.ts';
import { verdict, worstGradientError } from '../../testing/gradientCheck.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { caseOf, runOneOp } from '../../testing/oneOp.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { createOnnxSession } from '../../onnx/session.ts';
import { matmul } from '../matmul/op.ts';
import { swiglu } from './op.ts';

const feed = packedFeed({ lengths: [6, 4], tensors: new Map([['basis', normals(30, 3)]]) });
const build = (g: GraphBuilder) => {
  const weight = g.parameter({ name: 'x', shape: [3, 10], group: 'all', role: 'weight' });
  const x = g.one(
    matmul({ transposeA: false, transposeB: false }),
    [g.input('basis', ['T', 3], 'f32'), weight],
    'x.rows',
  );
  return g.one(swiglu(), [x], 'gated');
};

test('silu of the first half times the second', async () => {
  const [y = []] = await runOneOp(
    createOnnxSession,
    caseOf(swiglu(), packedFeed({ lengths: [1] }), [['x', ['T', 4], Float32Array.of(1, -2, 3, 4)]]),
  );
  expect(y[0]).toBeCloseTo(3 / (1 + Math.exp(-1)), 6);
  expect(y[1]).toBeCloseTo(-8 / (1 + Math.exp(2)), 6);
});

test('gradients agree with finite differences', async () => {
  expect(verdict(await worstGradientError({ build, feed }), 1e-6)).toBe('agrees');
});

const { gpu } = await openNodeGpu();

describe.skipIf(!gpu)('swiglu on WebGPU', { timeout: 120_000 }, () => {
  test('agrees with the ONNX lowering', async () => {
    if (!gpu) return;
    for (const [name, error] of await compareLowerings(gpu, build, feed))
      expect(error, name).toBeLessThan(1e-5);
  });
});
