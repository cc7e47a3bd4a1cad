import { describe, expect, test } from 'vitest';
import { withEmulatedMatrices } from '../testing/emulatedMatrices.ts';
import { openExperimentalGpu } from '../testing/nodeGpu.ts';
import { multiplies, pinnedMatrix } from './matrices.ts';

const { gpu, ...why } = await openExperimentalGpu();
const reason = 'reason' in why ? why.reason : '';
const emulatesHalf = !gpu?.features.includes('shader-f16');

/** What a card says that multiplies 16³ and 8³. */
const configs = {
  subgroupMatrixConfigs: [16, 8].map((size) => ({
    componentType: 'f16',
    resultComponentType: 'f32',
    M: size,
    N: size,
    K: size,
  })),
};

/** A device whose instructions of 16³ run in subgroups of this size, whatever a kernel was made for. */
async function running(subgroupSize: number): Promise<GPUDevice> {
  const opened = await openExperimentalGpu();
  if (!opened.gpu) throw new Error(opened.reason);
  return withEmulatedMatrices(opened.gpu, { size: 16, subgroupSize }).device;
}

describe.skipIf(!gpu)(
  `matrix instructions where the size of subgroups varies${gpu ? '' : ` (skipped: ${reason})`}`,
  { timeout: 240_000 },
  () => {
    test.each([
      { least: 32, most: 64, runs: 32 },
      { least: 32, most: 64, runs: 64 },
      { least: 8, most: 16, runs: 16 },
    ])('are taken in subgroups of $runs where these multiply, of $least to $most', async (said) => {
      const { least, most, runs } = said;
      const device = await running(runs);
      expect(await pinnedMatrix(device, configs, { least, most }, emulatesHalf)).toEqual({
        size: 16,
        subgroupSize: runs,
        isPinned: true,
      });
      device.destroy();
    });

    test('are not taken where no size multiplies, the adapter has none, or has no subgroups', async () => {
      const device = await running(64);
      expect(await pinnedMatrix(device, configs, { least: 16, most: 32 }, emulatesHalf)).toBeNull();
      expect(await pinnedMatrix(device, {}, { least: 32, most: 64 }, emulatesHalf)).toBeNull();
      expect(await pinnedMatrix(device, configs, null, emulatesHalf)).toBeNull();
      device.destroy();
    });

    const real = gpu?.features.includes('subgroup-size-control' as GPUFeatureName) && gpu.subgroupMatrix;
    test.skipIf(!real)('those of this device multiply, pinned to its size and not', async () => {
      if (!gpu || !real) return;
      expect(await multiplies(gpu.device, real)).toBe(true);
      expect(await multiplies(gpu.device, { ...real, isPinned: true })).toBe(true);
      // Refused by the browser: no size of this device.
      const other = real.subgroupSize === 8 ? 32 : 8;
      expect(await multiplies(gpu.device, { size: 8, subgroupSize: other, isPinned: true })).toBe(false);
    });
  },
);
