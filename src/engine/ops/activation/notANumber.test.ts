import { expect, test } from 'vitest';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { caseOf, runOneOp } from '../../testing/oneOp.ts';
import { packedFeed } from '../../testing/packed.ts';
import { createWebGpuSession } from '../../webgpu/session.ts';
import { activation } from './op.ts';
import { activationKinds } from './options.ts';

const { gpu } = await openNodeGpu();

// A value that is not a number has to reach the loss: were it replaced by a bound, training would go on over garbage.
test.skipIf(!gpu).each(activationKinds)(
  '%s keeps what is not a number, and large numbers are none, whatever the width',
  async (kind) => {
    if (!gpu) return;
    for (const columns of [3, 4]) {
      const x = Float32Array.from({ length: 3 * columns }, (_, i) =>
        i % columns === 1 ? ([Number.NaN, 1e4, -1e4][Math.floor(i / columns)] ?? 0) : i / 10,
      );
      const oneOp = caseOf(activation(kind), packedFeed({ lengths: [3] }), [['x', ['T', columns], x]]);
      const [y = new Float32Array()] = await runOneOp(
        (options) => createWebGpuSession({ gpu, ...options }),
        oneOp,
      );
      expect([...y].map((value) => Number.isNaN(value))).toEqual([...x].map((value) => Number.isNaN(value)));
    }
  },
);
