import { GraphBuilder } from '../graph/builder.ts';
import type { Dims } from '../graph/types.ts';
import { matmul } from '../ops/matmul/op.ts';
import { blocksOfSubgroup, type SubgroupMatrix } from '../ops/matmul/subgroupMatrix.ts';
import { looseGraph, type LooseGraph } from './looseGraph.ts';
import type { SubgroupSizes } from './subgroups.ts';

interface MatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** What an adapter says of its matrix instructions; not in the types of WebGPU. */
export interface MatrixConfigs {
  readonly subgroupMatrixConfigs?: readonly MatrixConfig[];
}

/** The largest square instruction on halves that sums in f32 and that a subgroup finds whole blocks of the product's tile for. */
export function matrixOf(
  { subgroupMatrixConfigs = [] }: MatrixConfigs,
  subgroupSize: number | null,
): SubgroupMatrix | null {
  if (subgroupSize === null || ![8, 16, 32, 64].includes(subgroupSize)) return null;
  const sizes = new Set(
    subgroupMatrixConfigs
      .filter(
        ({ componentType, resultComponentType, M, N, K }) =>
          componentType === 'f16' && resultComponentType === 'f32' && M === N && N === K,
      )
      .map(({ M }) => M),
  );
  const size = ([16, 8] as const).find(
    (candidate) => sizes.has(candidate) && blocksOfSubgroup(candidate, subgroupSize) >= 1,
  );
  return size ? { size, subgroupSize } : null;
}

/** The sizes that cards with matrix instructions prefer come first. */
const preferredSizes = [32, 16, 64, 8];

/**
 * Where the size of subgroups varies: instructions in subgroups of a size that kernels ask for. An adapter does not say which sizes its
 * instructions run in, so the first is taken by which a product is right. `emulatesHalf`: for tests.
 */
export async function pinnedMatrix(
  device: GPUDevice,
  configs: MatrixConfigs,
  subgroups: SubgroupSizes | null,
  emulatesHalf = false,
): Promise<SubgroupMatrix | null> {
  for (const size of preferredSizes) {
    if (!subgroups || size < subgroups.least || size > subgroups.most) continue;
    const matrix = matrixOf(configs, size);
    if (!matrix) continue;
    const pinned: SubgroupMatrix = { ...matrix, isPinned: true };
    if (await multiplies(device, pinned, emulatesHalf)) return pinned;
  }
  return null;
}

/** Sizes with tails in every direction, more than one workgroup and more than one round. */
const [rows, columns, inner] = [70, 36, 40];
const capacity: Dims = { T: rows, B: 1, R: 1, K: 1 };

/** Whether a product by these instructions is exact where it can be: small whole numbers, which halves hold, and so their sums. */
export async function multiplies(
  device: GPUDevice,
  subgroupMatrix: SubgroupMatrix,
  emulatesHalf = false,
): Promise<boolean> {
  const g = new GraphBuilder();
  const a = g.input('a', ['T', inner], 'f32');
  const b = g.input('b', [inner, columns], 'f32');
  const c = g.one(matmul({ transposeA: false, transposeB: false }), [a, b], 'c');
  g.output('c', c);
  const whole = (count: number, step: number) =>
    Float32Array.from({ length: count }, (_, i) => ((i * step) % 17) - 8);
  const [left, right] = [whole(rows * inner, 5), whole(inner * columns, 7)];
  const environment = {
    capacity,
    avoidsBarriers: false,
    precision: 'f16',
    emulatesHalf,
    subgroupMatrix,
  } as const;
  const byteLength = rows * columns * 4;
  const readable = device.createBuffer({
    size: byteLength,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  let ready: LooseGraph | null = null;
  try {
    // In turn with whatever else compiles: this happens once, before anything does.
    ready = await looseGraph(device, false, g.build(), environment);
    device.queue.writeBuffer(ready.buffer(a), 0, left);
    device.queue.writeBuffer(ready.buffer(b), 0, right);
    const encoder = device.createCommandEncoder({ label: 'proof of matrix instructions' });
    const pass = encoder.beginComputePass();
    ready.encode(pass);
    pass.end();
    encoder.copyBufferToBuffer(ready.buffer(c), 0, readable, 0, byteLength);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(GPUMapMode.READ);
    return new Float32Array(readable.getMappedRange()).every((value, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      let sum = 0;
      for (let k = 0; k < inner; k++)
        sum += (left[row * inner + k] as number) * (right[k * columns + column] as number);
      return value === sum;
    });
  } catch {
    // A size that the driver refuses is one that it does not multiply in.
    return false;
  } finally {
    ready?.destroy();
    readable.destroy();
  }
}
