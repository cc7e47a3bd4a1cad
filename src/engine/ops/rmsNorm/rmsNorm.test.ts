import { describe, expect, test } from 'vitest';
import { compareLowerings } from '../../testing/bothLowerings.ts';
import { verdict, worstGradientError } from '../../testing/gradientCheck.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { caseOf, runOneOp } from '../../testing/oneOp.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { createOnnxSession } from '../../onnx/session.ts';
import { matmul } from '../matmul/op.ts';
import { rmsNorm, type RmsNormOptions } from './op.ts';

const width = 20;
const heads: RmsNormOptions = { epsilon: 1e-5, heads: { size: 4, parts: [2, 1] } };
const cases: readonly (readonly [string, RmsNormOptions, readonly number[]])[] = [
  ['whole rows', { epsilon: 1e-5 }, [width]],
  ['heads, the last two handed on', heads, [2, 4]],
];
const feed = packedFeed({ lengths: [7, 3], tensors: new Map([['basis', normals(30, 3)]]) });

const build = (options: RmsNormOptions, gamma: readonly number[]) => (g: GraphBuilder) => {
  const parameter = (name: string, shape: readonly number[]) =>
    g.parameter({ name, shape, group: 'all', role: 'weight' });
  const x = g.one(
    matmul({ transposeA: false, transposeB: false }),
    [g.input('basis', ['T', 3], 'f32'), parameter('x', [3, width])],
    'x.rows',
  );
  return g.one(rmsNorm(options), [x, parameter('gamma', gamma)], 'normed');
};

test('a row is divided by its root mean square, as LlamaRMSNorm computes it', async () => {
  const x = Float32Array.of(1, 2, 3, 4, 0.5, -0.5, 0.25, 0);
  const [y = new Float32Array()] = await runOneOp(
    createOnnxSession,
    caseOf(rmsNorm({ epsilon: 1e-6 }), packedFeed({ lengths: [2] }), [
      ['x', ['T', 4], x],
      ['gamma', [4], Float32Array.of(1, 2, 1, -1)],
    ]),
  );
  const rms = Math.sqrt(30 / 4 + 1e-6);
  [1, 4, 3, -4].forEach((value, i) => expect(y[i]).toBeCloseTo(value / rms, 6));
});

test('heads past the normed ones stay as they are', async () => {
  const x = normals(5 * width, 4);
  const [y = new Float32Array()] = await runOneOp(
    createOnnxSession,
    caseOf(rmsNorm(heads), packedFeed({ lengths: [5] }), [
      ['x', ['T', width], x],
      ['gamma', [2, 4], normals(8, 5)],
    ]),
  );
  for (let t = 0; t < 5; t++)
    expect(y.slice(t * width + 12, (t + 1) * width)).toEqual(x.slice(t * width + 12, (t + 1) * width));
  expect(y[0]).not.toBe(x[0]);
});

test.each(cases)('%s: gradients agree with finite differences', async (_, options, gamma) => {
  expect(verdict(await worstGradientError({ build: build(options, gamma), feed }), 1e-6)).toBe('agrees');
});

test('heads that do not lie in the row are refused by name', () => {
  expect(() => rmsNorm({ epsilon: 1e-5, heads: { size: 6, parts: [2] } }).infer([])).toThrow(/rmsNorm/);
});

const { gpu } = await openNodeGpu();

describe.skipIf(!gpu)('rms norm on WebGPU', { timeout: 240_000 }, () => {
  test.each(cases)('%s: agrees with the ONNX lowering', async (_, options, gamma) => {
    if (!gpu) return;
    for (const avoidsBarriers of [true, false])
      for (const [name, error] of await compareLowerings(gpu, build(options, gamma), feed, avoidsBarriers))
        expect(error, name).toBeLessThan(1e-5);
  });
});
