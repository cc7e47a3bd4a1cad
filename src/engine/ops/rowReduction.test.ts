import { describe, expect, test } from 'vitest';
import { differentiate } from '../graph/autodiff.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph, Tensor } from '../graph/types.ts';
import { compareLowerings } from '../testing/bothLowerings.ts';
import { withEmulatedSubgroups } from '../testing/emulatedSubgroups.ts';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { idleTrainingGraph } from '../testing/oneOp.ts';
import { normals, packedFeed } from '../testing/packed.ts';
import type { GpuDevice } from '../webgpu/device.ts';
import type { SubgroupSizes } from '../webgpu/subgroups.ts';
import { createWebGpuSession } from '../webgpu/session.ts';
import { addBias } from './addBias/op.ts';
import { bceWithLogits } from './bceWithLogits/op.ts';
import { layerNorm } from './layerNorm/op.ts';
import { rmsNorm } from './rmsNorm/op.ts';

// Sums over rows by whatever subgroups there are, as norms form them forward and backward: the bits of sums without subgroups. Rows of one
// element, fewer than lanes, and of several rounds with a tail.
const widths = [1, 63, 130];
const tokens = 5;

function normed(g: GraphBuilder, width: number): Tensor {
  const parameter = (name: string) => g.parameter({ name, shape: [width], group: 'all', role: 'weight' });
  const x = g.one(addBias(), [g.input('x', ['T', width], 'f32'), parameter('bias')], 'biased');
  const y = g.one(layerNorm(1e-5), [x, parameter('gamma'), parameter('beta')], 'normed');
  return g.one(rmsNorm({ epsilon: 1e-5 }), [y, parameter('scale')], 'scaled');
}

function norms(width: number): Graph {
  const g = new GraphBuilder();
  const y = normed(g, width);
  g.output('y', y);
  const [loss] = g.apply(bceWithLogits(), [y, g.input('targets', ['T', width], 'f32')], 'loss');
  if (!loss) throw new Error('bceWithLogits has no loss');
  differentiate(g, loss);
  return g.build();
}

const feedOf = (width: number) =>
  packedFeed({
    lengths: [tokens],
    lossScale: 0.1,
    tensors: new Map([
      ['x', normals(tokens * width, 3)],
      ['targets', normals(tokens * width, 4).map((value) => (value > 0 ? 1 : 0))],
    ]),
  });

const untuned = { version: 1, precision: 'f32', choices: {}, peakGflops: 0 } as const;

/** Counts kernels that shuffle. */
function watched(device: GPUDevice) {
  const create = device.createShaderModule;
  let found = 0;
  device.createShaderModule = (descriptor) => {
    if (String(descriptor.code).includes('subgroupShuffleXor(')) found += 1;
    return create.call(device, descriptor);
  };
  return { withShuffles: () => found, stop: () => void (device.createShaderModule = create) };
}

/** Output and gradients of the norms by the kernels of graphics cards, as bits; by subgroups, where the device has them. */
async function bitsOf(gpu: GpuDevice, width: number): Promise<Map<string, Uint32Array>> {
  const modules = watched(gpu.device);
  const feed = feedOf(width);
  const session = await createWebGpuSession({
    gpu,
    training: norms(width),
    inference: idleTrainingGraph(),
    capacity: feed.dims,
    avoidsBarriers: false,
    matmul: { ...untuned, adapter: gpu.name, rowSums: 'subgroups' },
  }).finally(modules.stop);
  // Layer norm and RMS norm, forward and backward.
  expect(modules.withShuffles()).toBe(gpu.subgroups ? 4 : 0);
  try {
    for (const [i, { tensor }] of session.parameters.entries())
      await session.write('parameter', tensor.name, normals(width, 10 + i));
    await session.step([feed], null);
    const found = new Map([['y', await session.trainingOutput('y')]]);
    for (const name of session.trained) found.set(name, await session.read('gradient', name));
    return new Map([...found].map(([name, values]) => [name, new Uint32Array(values.buffer)]));
  } finally {
    session.dispose();
  }
}

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

describe.skipIf(!gpu)(`sums over rows${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 240_000 }, () => {
  test.each(widths)(
    'agree with the ONNX lowering over %i columns, with subgroups and without',
    async (width) => {
      if (!gpu) return;
      for (const subgroups of gpu.subgroups ? [gpu.subgroups, null] : [null])
        for (const [name, error] of await compareLowerings(
          { ...gpu, subgroups },
          (g) => normed(g, width),
          feedOf(width),
          false,
        ))
          expect(error, name).toBeLessThan(1e-5);
    },
  );

  test('by subgroups of this device, their size known or not, have the bits of those without', async () => {
    if (!gpu?.subgroups) return;
    const { least, most } = gpu.subgroups;
    const said: SubgroupSizes[] = [
      { least, most },
      { least: 4, most: 128 },
      { least, most: 128 },
    ];
    for (const width of widths) {
      const expected = await bitsOf({ ...gpu, subgroups: null }, width);
      expect(expected.size).toBe(5);
      for (const subgroups of said)
        expect(await bitsOf({ ...gpu, subgroups }, width), JSON.stringify(subgroups)).toEqual(expected);
    }
  });

  // As AMD, Intel, Apple and Adreno say it, and a browser that tells of none.
  const ranges = [
    [32, 64],
    [8, 32],
    [4, 64],
    [64, 128],
    [4, 128],
  ] as const;
  test.each(ranges)(
    'where subgroups are said to have %i to %i threads, whatever they have',
    async (...range) => {
      if (!gpu) return;
      const [least, most] = range;
      const width = 130;
      const expected = await bitsOf({ ...gpu, subgroups: null }, width);
      for (let size: number = least; size <= most; size *= 2) {
        const opened = await openNodeGpu();
        if (!opened.gpu) throw new Error(opened.reason);
        const emulating = withEmulatedSubgroups(opened.gpu, size, { least, most });
        expect(await bitsOf(emulating, width), `subgroups of ${size}`).toEqual(expected);
        opened.gpu.device.destroy();
      }
    },
  );
});
