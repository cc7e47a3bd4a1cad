import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openNodeGpu } from '../../src/engine/testing/nodeGpu.ts';
import type { GpuDevice } from '../../src/engine/webgpu/device.ts';
import { checkGolden, type Target } from './check.ts';
import { readGolden } from './golden.ts';

const directory = '../shared/goldens/xlnet';
const present = existsSync(directory);
const { gpu, ...why } = await openNodeGpu();
const noGpu = 'reason' in why ? ` (skipped: ${why.reason})` : '';

async function expectWithinTolerance(target: Target): Promise<void> {
  const results = await checkGolden(await readGolden(directory), target);
  expect(results.length).toBeGreaterThan(25);
  for (const { group, worst, ratio } of results) expect(ratio, `${group}: ${worst}`).toBeLessThanOrEqual(1);
}

// The tiled kernels take minutes to compile on a software adapter: `npm run goldens` runs them too.
describe.skipIf(!present)(
  `XLNet equals PyTorch${present ? '' : ` (skipped: no ${directory})`}`,
  { timeout: 400_000 },
  () => {
    test('on the CPU path: forward, every gradient, ten AdamW steps in three variants', async () => {
      await expectWithinTolerance({ name: 'onnx' });
    });
    test.skipIf(!gpu)(`on WebGPU${noGpu}`, async () => {
      await expectWithinTolerance({ name: 'webgpu', gpu: gpu as GpuDevice, kernels: 'barrier-free' });
    });
  },
);
