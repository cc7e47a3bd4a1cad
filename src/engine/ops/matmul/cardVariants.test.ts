import { expect, test } from 'vitest';
import { differentiate } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import type { Graph } from '../../graph/types.ts';
import { idleTrainingGraph } from '../../testing/oneOp.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { openDevice, type GpuDevice } from '../../webgpu/device.ts';
import { matrixOf } from '../../webgpu/matrices.ts';
import { createWebGpuSession, type WebGpuSessionOptions } from '../../webgpu/session.ts';
import { bceWithLogits } from '../bceWithLogits/op.ts';
import { layerNorm } from '../layerNorm/op.ts';
import { matmul } from './op.ts';

// What only cards run. Dawn's null adapter computes nothing, but it compiles: every variant has to be valid WGSL in a valid pipeline.
async function nullCard(): Promise<GpuDevice> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const instance = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);
  Object.assign(globalThis, { nullInstance: instance });
  return openDevice(instance, false);
}

function twoProductsAndANorm(): Graph {
  const g = new GraphBuilder();
  const parameter = (name: string, shape: readonly number[]) =>
    g.parameter({ name, shape, group: 'test', role: 'weight' });
  const x = g.input('x', ['T', 12], 'f32');
  const hidden = g.one(
    matmul({ transposeA: false, transposeB: true }),
    [x, parameter('up', [70, 12])],
    'hidden',
  );
  const norm = [parameter('gamma', [70]), parameter('beta', [70])];
  const [normed = hidden] = g.apply(layerNorm(1e-5), [hidden, ...norm], 'norm');
  const logits = g.one(
    matmul({ transposeA: false, transposeB: false }),
    [normed, parameter('down', [70, 3])],
    'y',
  );
  const [loss] = g.apply(bceWithLogits(), [logits, g.input('targets', ['T', 3], 'f32')], 'loss');
  if (!loss) throw new Error('bceWithLogits has no loss');
  differentiate(g, loss);
  return g.build();
}

const options = (gpu: GpuDevice): WebGpuSessionOptions => ({
  gpu,
  training: twoProductsAndANorm(),
  inference: idleTrainingGraph(),
  capacity: { T: 600, B: 1, R: 2, K: 1 },
  avoidsBarriers: false,
  // Also in pieces.
  submissionMs: 1e-6,
});

/** The code of every pipeline that a session makes; where one compiles with a warning, that is thrown. */
async function codesOf(made: WebGpuSessionOptions): Promise<string[]> {
  const { device } = made.gpu;
  const codes: string[] = [];
  const modules: GPUShaderModule[] = [];
  const create = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) => {
    codes.push(String(descriptor.code));
    const module = create(descriptor);
    modules.push(module);
    return module;
  };
  try {
    (await createWebGpuSession(made)).dispose();
  } finally {
    device.createShaderModule = create;
  }
  for (const module of modules)
    for (const { message } of (await module.getCompilationInfo()).messages) throw new Error(message);
  return codes;
}

test.each([8, 16, 32, 64])(
  'subgroups of %i: norms add by shuffles, reads are shared by eight',
  async (subgroupSize) => {
    const card = { ...(await nullCard()), subgroups: { least: subgroupSize, most: subgroupSize } };
    const tiled = await codesOf(options(card));
    expect(tiled.filter((code) => code.includes('subgroupShuffleXor')).length).toBeGreaterThan(1);
    // As many rounds as the size has halvings, and no workgroup memory but for the sums of subgroups.
    const norm = tiled.find((code) => code.includes('// layer norm\n')) ?? '';
    expect(norm.match(/subgroupShuffleXor/g)).toHaveLength(Math.log2(subgroupSize));
    expect(norm).toContain(`array<f32, ${64 / subgroupSize}>`);
    const registers = await codesOf({ ...options(card), avoidsBarriers: true });
    const take = subgroupSize === 8 ? 'subgroupBroadcast' : 'subgroupShuffle(';
    expect(registers.some((code) => code.includes(take))).toBe(true);
  },
);

test('subgroups of varying size are used where the tuner found them faster, those of one size unless it found them slower', async () => {
  const null_ = await nullCard();
  const shuffles = async (least: number, most: number, rowSums?: 'subgroups' | 'workgroup') => {
    const matmul = { version: 1, adapter: null_.name, precision: 'f32', choices: {}, peakGflops: 0 } as const;
    const card = { ...null_, subgroups: { least, most } };
    const codes = await codesOf({ ...options(card), ...(rowSums && { matmul: { ...matmul, rowSums } }) });
    return codes.filter((code) => code.includes('subgroupShuffleXor')).length;
  };
  for (const [least, most] of [
    [32, 64],
    [8, 32],
    [4, 128],
  ] as const) {
    expect(await shuffles(least, most)).toBe(0);
    expect(await shuffles(least, most, 'workgroup')).toBe(0);
    expect(await shuffles(least, most, 'subgroups')).toBeGreaterThan(1);
  }
  expect(await shuffles(32, 32)).toBeGreaterThan(1);
  expect(await shuffles(32, 32, 'workgroup')).toBe(0);
});

test.each([8, 16] as const)(
  'matrix instructions of %i are valid, forward and backward, whole and split',
  async (size) => {
    const null_ = await nullCard();
    expect(null_.features).toContain('chromium-experimental-subgroup-matrix');
    const card = { ...null_, subgroupMatrix: { size, subgroupSize: 32 } };
    const codes = await codesOf({ ...options(card), precision: 'f16', usesSubgroupMatrices: true });
    const products = codes.filter((code) => code.includes('subgroupMatrixMultiplyAccumulate'));
    expect(products.length).toBeGreaterThan(4);
    // A weight's gradient is long in its inner dimension: two workgroups share it.
    expect(products.some((code) => code.includes('partials['))).toBe(true);
    for (const code of products) {
      expect(
        code.startsWith('enable f16;\nenable subgroups;\nenable chromium_experimental_subgroup_matrix;\n'),
      ).toBe(true);
      // 64 × 32 of C in blocks, dealt to four subgroups; 16 inner columns a round.
      const blocks = (64 * 32) / size / size / 4;
      expect(code.match(/subgroupMatrixMultiplyAccumulate/g)).toHaveLength((blocks * 16) / size);
      expect(code.match(/subgroupMatrixStore/g)).toHaveLength(blocks);
    }
  },
);

test('a matrix instruction pinned to a size of subgroups asks for it in every product, whole and in pieces', async () => {
  const null_ = await nullCard();
  const subgroupMatrix = { size: 16, subgroupSize: 32, isPinned: true } as const;
  const codes = await codesOf({
    ...options({ ...null_, subgroupMatrix }),
    precision: 'f16',
    usesSubgroupMatrices: true,
  });
  const products = codes.filter((code) => code.includes('subgroupMatrixMultiplyAccumulate'));
  expect(products.some((code) => code.includes('var<uniform> range'))).toBe(true);
  for (const code of products) {
    expect(code).toMatch(/^(enable \w+;\n)*enable subgroup_size_control;\n/u);
    expect(code).toContain('@compute @subgroup_size(32) @workgroup_size(128)');
  }
});

test('are refused where the device has none, and where products are in f32', async () => {
  const { gpu } = await openNodeGpu();
  const card = { ...(await nullCard()), subgroupMatrix: { size: 16, subgroupSize: 32 } } as const;
  const refused: WebGpuSessionOptions[] = [{ ...options(card), usesSubgroupMatrices: true }];
  if (gpu)
    refused.push({ ...options(gpu), precision: 'f16', emulatesHalf: true, usesSubgroupMatrices: true });
  for (const made of refused)
    await expect(createWebGpuSession(made)).rejects.toMatchObject({
      code: 'limit-too-small',
      details: { feature: 'chromium-experimental-subgroup-matrix' },
    });
});

test('the largest square instruction on halves with sums in f32 is taken, with subgroups of one size', () => {
  const config = (M: number, resultComponentType = 'f32') => ({
    componentType: 'f16',
    resultComponentType,
    M,
    N: M,
    K: M,
  });
  expect(matrixOf({ subgroupMatrixConfigs: [config(8), config(16)] }, 32)).toEqual({
    size: 16,
    subgroupSize: 32,
  });
  expect(matrixOf({ subgroupMatrixConfigs: [config(16, 'f16'), config(8)] }, 32)).toEqual({
    size: 8,
    subgroupSize: 32,
  });
  expect(matrixOf({ subgroupMatrixConfigs: [{ ...config(16), N: 8 }] }, 32)).toBeNull();
  expect(matrixOf({ subgroupMatrixConfigs: [config(16)] }, null)).toBeNull();
  expect(matrixOf({}, 32)).toBeNull();
  // Subgroups of eight, as llvmpipe has them: a workgroup has sixteen, more than a tile has blocks of 16 × 16.
  expect(matrixOf({ subgroupMatrixConfigs: [config(8), config(16)] }, 8)).toEqual({
    size: 8,
    subgroupSize: 8,
  });
  expect(matrixOf({ subgroupMatrixConfigs: [config(16)] }, 8)).toBeNull();
});
