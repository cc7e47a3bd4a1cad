import { describe, expect, test } from 'vitest';
import { emulated, withEmulatedMatrices } from '../../testing/emulatedMatrices.ts';
import {
  capacity,
  halvesBy,
  openHalves,
  pairs,
  productsGraph,
  scales,
  tails,
  wrongProducts,
} from '../../testing/halfProducts.ts';
import { openExperimentalGpu } from '../../testing/nodeGpu.ts';
import type { GpuDevice } from '../../webgpu/device.ts';
import type { WebGpuSessionOptions } from '../../webgpu/session.ts';
import type { SubgroupMatrix } from './subgroupMatrix.ts';

// Matrix instructions of every size that the kernels know, in subgroups of every size: emulated, on any device. Real ones: computedHalves.test.ts.
const { gpu, ...why } = await openExperimentalGpu();
const reason = 'reason' in why ? why.reason : '';
const hasHalves = gpu?.features.includes('shader-f16') ?? false;

async function emulating(matrix: SubgroupMatrix): Promise<GpuDevice> {
  // One of its own: what the device compiles is changed.
  const opened = await openExperimentalGpu();
  if (!opened.gpu) throw new Error(reason);
  return withEmulatedMatrices(opened.gpu, matrix);
}

/** Rounded to so few bits that sums of products are exact, in whatever order an instruction adds. */
function coarse(values: Float32Array): Float32Array {
  const unit = 2 ** (Math.ceil(Math.log2(Math.max(...values.map(Math.abs)))) - 5);
  return values.map((value) => Math.round(value / unit) * unit);
}

const byMatrices = (held: Partial<WebGpuSessionOptions>) => ({ usesSubgroupMatrices: true, ...held });
/** Where the device has halves, they stay halves. */
const held: Partial<WebGpuSessionOptions> = { emulatesHalf: !hasHalves };

describe.skipIf(!gpu)(
  `products by emulated matrix instructions${gpu ? '' : ` (skipped: ${reason})`}`,
  { timeout: 600_000 },
  () => {
    // Kernels take software adapters seconds to compile: without halves, and so in `npm test`, the large ones are computed, over one pair of sizes each.
    const large = [32, 16, 64].map((subgroupSize) => ({ size: 16, subgroupSize }) as const);
    const small = [8, 16, 32, 64].map((subgroupSize) => ({ size: 8, subgroupSize }) as const);
    const cases = hasHalves ? [...large, ...small] : large;

    test.each(cases.map(({ size, subgroupSize }, i) => ({ size, subgroupSize, splits: 1 + (i % 3), i })))(
      'of $size³ in subgroups of $subgroupSize, the inner dimension in $splits, all layouts',
      async ({ size, subgroupSize, splits, i }) => {
        const odd = pairs[tails.length - 3 + (i % 3)] ?? [65, 63];
        const whole = pairs[tails.length + (i % 3)] ?? [68, 132];
        const of = !hasHalves ? [i === 1 ? whole : odd] : i === 0 ? pairs : [odd, whole];
        const device = await emulating({ size, subgroupSize });
        const { graph, products } = productsGraph(of);
        const matmul = halvesBy(device, '32x32x32/4x4', graph, () => splits);
        expect(await wrongProducts(device, graph, products, byMatrices({ ...held, matmul }))).toEqual([]);
      },
    );

    const real = gpu?.subgroupMatrix;
    test.skipIf(!real)('are what the instructions of this device give', async () => {
      if (!gpu || !real) return;
      const { graph, products } = productsGraph([
        [65, 63],
        [68, 132],
      ]);
      const T = 65;
      const tensors = new Map(
        products.flatMap(({ name, at }) => {
          const { a, b, bias } = at(T);
          const data = { a, b, bias };
          return (['a', 'b', 'bias'] as const).map((of) => [`${name} ${of}`, coarse(data[of])] as const);
        }),
      );
      const outputsOf = async (device: GpuDevice) => {
        const session = await openHalves(device, graph, byMatrices({}));
        const outputs = await session.infer({ dims: { ...capacity, T }, tensors, seed: 1, ...scales });
        session.dispose();
        return outputs;
      };
      const wanted = await outputsOf(gpu);
      expect(wanted.size).toBe(products.length);
      expect(await outputsOf(await emulating(real))).toEqual(wanted);
    });
  },
);

test('what is not emulated is refused, and code without matrix instructions stays as it is', () => {
  const matrix = { size: 16, subgroupSize: 32 } as const;
  expect(emulated('fn main() {}', matrix)).toBe('fn main() {}');
  const kernel = (body: string) =>
    `enable chromium_experimental_subgroup_matrix;\n@compute @workgroup_size(128)\nfn main(@builtin(local_invocation_index) lane: u32) {\n  ${body}\n}`;
  expect(() => emulated(kernel('let a = subgroup_matrix_left<f16, 8, 8>();'), matrix)).toThrow('8 × 8');
  expect(() => emulated(kernel('subgroupMatrixScalarMultiply(a, b);'), matrix)).toThrow(
    'subgroupMatrixScalarMultiply is used',
  );
});
