import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { createOnnxSession } from '../../onnx/session.ts';
import type { EngineSession } from '../../session.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { idleTrainingGraph } from '../../testing/oneOp.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import { createWebGpuSession } from '../../webgpu/session.ts';
import { packHalf, unpackHalf } from './op.ts';
import { largestHalf } from './range.ts';

const { gpu } = await openNodeGpu();
const lowerings = (['onnx', 'webgpu'] as const).filter((lowering) => lowering === 'onnx' || gpu);
const columns = 6;
const feed = packedFeed({ lengths: [5, 2] });

async function stored(lowering: 'onnx' | 'webgpu', values: Float32Array): Promise<Float32Array> {
  const g = new GraphBuilder();
  const packed = g.one(packHalf(), [g.input('x', ['T', columns], 'f32')], 'packed');
  g.output('out', g.one(unpackHalf(), [packed], 'unpacked'));
  const options = { training: idleTrainingGraph(), inference: g.build(), capacity: feed.dims };
  const session: EngineSession =
    lowering === 'webgpu' && gpu
      ? await createWebGpuSession({ gpu, ...options })
      : await createOnnxSession(options);
  try {
    const outputs = await session.infer({ ...feed, tensors: new Map([...feed.tensors, ['x', values]]) });
    return outputs.get('out') ?? new Float32Array();
  } finally {
    session.dispose();
  }
}

describe.each(lowerings)('half storage (%s)', { timeout: 120_000 }, (lowering) => {
  test('keeps 11 bits, and what is too large as the largest half', async () => {
    const values = normals(feed.dims.T * columns, 3, 10);
    values.set([0, 1, -2.5, 1e6, -1e30, 65504, 65519, 1e-9]);
    const result = await stored(lowering, values);
    expect([...result.subarray(0, 7)]).toEqual([
      0,
      1,
      -2.5,
      largestHalf,
      -largestHalf,
      largestHalf,
      largestHalf,
    ]);
    expect(Math.abs(result[7] ?? 1)).toBeLessThan(2 ** -24);
    const worst = values
      .subarray(8)
      .reduce((most, value, i) => Math.max(most, Math.abs(((result[i + 8] as number) - value) / value)), 0);
    // Whether the device rounds to nearest (2^-11) or cuts (2^-10) is its own affair.
    expect(worst).toBeLessThan(2 ** -10);
    expect(worst).toBeGreaterThan(2 ** -14);
  });

  test('keeps what is not a number, beside numbers', async () => {
    const values = normals(feed.dims.T * columns, 3, 10);
    const at = [0, 3, 7, 12, 13];
    for (const i of at) values[i] = Number.NaN;
    const result = await stored(lowering, values);
    expect([...result].flatMap((value, i) => (Number.isNaN(value) ? [i] : []))).toEqual(at);
  });
});

test('an odd number of columns is refused', () => {
  const g = new GraphBuilder();
  const x = g.input('x', ['T', 3], 'f32');
  expect(() => g.one(packHalf(), [x], 'packed')).toThrow(/3 columns/);
});
