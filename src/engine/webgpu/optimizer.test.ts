import { describe, expect, test } from 'vitest';
import { adamW, clipFactor, decays, globalNorm } from '../adamw.ts';
import type { AdamWStep, StateOf } from '../session.ts';
import { layeredFeed, layeredGraph } from '../testing/layeredModel.ts';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { fillParameters } from '../testing/tinyModel.ts';
import { createWebGpuSession } from './session.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

describe.skipIf(!gpu)(`AdamW on WebGPU${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 240_000 }, () => {
  // Widths that fill no vector leave gaps between parameters; 41,000 numbers in a group are more than two chunks of the norm.
  test.each(['all', 'no-bias-no-norm'] as const)(
    'norm and updates are those of the host, decay: %s',
    async (decay) => {
      if (!gpu) return;
      const graph = layeredGraph({ layers: 1, width: 101 });
      const capacity = { T: 16, B: 4, R: 32, K: 8 };
      const session = await createWebGpuSession({ gpu, training: graph, inference: graph, capacity });
      try {
        await fillParameters(session);
        const trained = session.parameters.filter(({ tensor }) => session.trained.has(tensor.name));
        const read = async (of: StateOf) =>
          new Map(
            await Promise.all(
              trained.map(async ({ tensor }) => [tensor.name, await session.read(of, tensor.name)] as const),
            ),
          );
        for (let step = 1; step <= 3; step++) {
          const options: AdamWStep = {
            step,
            learningRate: 1e-2,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weightDecay: 0.1,
            decay,
            clipNorm: 0.5,
          };
          const [parameters, first, second] = [
            await read('parameter'),
            await read('firstMoment'),
            await read('secondMoment'),
          ];
          const { gradientNorm } = await session.step([layeredFeed([5, 7], step)], options);
          const gradients = await read('gradient');
          const norm = globalNorm(gradients.values());
          expect(Math.abs(gradientNorm / norm - 1)).toBeLessThan(1e-6);
          expect(norm).toBeGreaterThan(0.5);
          const updated = await read('parameter');
          for (const { tensor, role } of trained) {
            const of = (state: ReadonlyMap<string, Float32Array>) =>
              state.get(tensor.name) ?? new Float32Array();
            const parameter = of(parameters);
            const tensors = {
              parameter,
              gradient: of(gradients),
              firstMoment: of(first),
              secondMoment: of(second),
            };
            adamW(tensors, options, decays(role, decay), clipFactor(norm, 0.5));
            const worst = of(updated).reduce(
              (most, value, i) => Math.max(most, Math.abs(value - (parameter[i] ?? 0))),
              0,
            );
            // A moved parameter has moved by about the learning rate: a thousandth of that, and a rounding.
            expect(worst, tensor.name).toBeLessThan(1e-5);
          }
        }
      } finally {
        session.dispose();
      }
    },
  );
});
