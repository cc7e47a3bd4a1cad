import { describe, expect, test } from 'vitest';
import type { AdamWStep } from '../../session.ts';
import { relativeError } from '../../testing/compare.ts';
import { layeredFeed, layeredGraph } from '../../testing/layeredModel.ts';
import { idleTrainingGraph } from '../../testing/oneOp.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { fillParameters } from '../../testing/tinyModel.ts';
import { createWebGpuSession, type WebGpuSession, type WebGpuSessionOptions } from '../../webgpu/session.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

const update: AdamWStep = {
  step: 1,
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  decay: 'all',
  clipNorm: null,
};

// On any device: the roundings are made in f32, by packing to halves and back. Real halves: computedHalves.test.ts, src/models/halfPrecision.test.ts.
describe.skipIf(!gpu)(
  `products of halves, emulated${gpu ? '' : ` (skipped: ${reason})`}`,
  { timeout: 240_000 },
  () => {
    const open = async (options: Partial<WebGpuSessionOptions> = {}): Promise<WebGpuSession> => {
      if (!gpu) throw new Error(reason);
      const session = await createWebGpuSession({
        gpu,
        training: layeredGraph({ layers: 1 }),
        inference: idleTrainingGraph(),
        capacity: { T: 64, B: 8, R: 64, K: 16 },
        avoidsBarriers: false,
        ...options,
      });
      await fillParameters(session);
      return session;
    };
    const feed = (gradientScale?: number) => ({
      ...layeredFeed([20, 9, 13], 3),
      lossScale: 1 / 300,
      ...(gradientScale === undefined ? {} : { gradientScale }),
    });
    const gradientsOf = async (session: WebGpuSession) => {
      const all: number[] = [];
      for (const name of session.trained) all.push(...(await session.read('gradient', name)));
      return all;
    };

    test('gradients are rounded, whatever the scale; one that is too large is told, and nothing moves', async () => {
      const exact = await open({ avoidsBarriers: true });
      await exact.step([feed()], null);
      const wanted = await gradientsOf(exact);
      exact.dispose();

      const halves = await open({ precision: 'f16', emulatesHalf: true });
      expect(halves.scalesGradients).toBe(true);
      await halves.step([feed(1)], null);
      const unscaled = await gradientsOf(halves);
      await halves.step([feed(64)], null);
      const scaled = await gradientsOf(halves);
      for (const gradients of [unscaled, scaled]) {
        const error = relativeError(gradients, wanted);
        expect(error).toBeLessThan(2e-3);
        // Not zero: the rounding really takes place.
        expect(error).toBeGreaterThan(1e-5);
      }

      const [name] = halves.trained;
      if (name === undefined) throw new Error('nothing trains');
      const before = await halves.read('parameter', name);
      const outcome = await halves.step([feed(2 ** 24)], update);
      expect(outcome.overflowed).toBe(true);
      expect(Number.isFinite(outcome.loss)).toBe(true);
      expect(await halves.read('parameter', name)).toEqual(before);
      // The next step moves again.
      expect((await halves.step([feed(64)], update)).overflowed).toBeUndefined();
      expect(await halves.read('parameter', name)).not.toEqual(before);
      halves.dispose();
    });
  },
);
