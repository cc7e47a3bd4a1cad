import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openNodeGpu } from '../../src/engine/testing/nodeGpu.ts';
import type { GpuDevice } from '../../src/engine/webgpu/device.ts';
import { checkGolden, type Target } from './check.ts';
import { readGolden } from './golden.ts';

// Third-party test data beside the repository; its tests skip without it.
const models = ['xlnet', 'bert', 'roberta', 'electra', 'distilbert'];
const directory = (model: string) => `../shared/goldens/${model}`;
const { gpu, ...why } = await openNodeGpu();
const noGpu = 'reason' in why ? ` (skipped: ${why.reason})` : '';

async function expectWithinTolerance(model: string, target: Target): Promise<void> {
  const results = await checkGolden(await readGolden(directory(model)), target);
  expect(results.length).toBeGreaterThan(25);
  for (const { group, worst, ratio } of results) expect(ratio, `${group}: ${worst}`).toBeLessThanOrEqual(1);
}

// The tiled kernels take minutes to compile on a software adapter: `npm run goldens` runs them too.
describe.each(models)('%s equals PyTorch', { timeout: 400_000 }, (model) => {
  const present = existsSync(directory(model));
  const absent = present ? '' : ` (skipped: no ${directory(model)})`;
  test.skipIf(!present)(
    `on the CPU path: forward, every gradient, ten AdamW steps in three variants${absent}`,
    async () => {
      await expectWithinTolerance(model, { name: 'onnx' });
    },
  );
  test.skipIf(!present || !gpu)(`on WebGPU${noGpu}${absent}`, async () => {
    await expectWithinTolerance(model, { name: 'webgpu', gpu: gpu as GpuDevice, kernels: 'barrier-free' });
  });
});
