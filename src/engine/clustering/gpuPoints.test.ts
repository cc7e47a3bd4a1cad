import { afterAll, describe, expect, test } from 'vitest';
import { random } from '../../base/random.ts';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { GpuPoints, type Members } from './gpuPoints.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';
if (!gpu) console.warn(`k-means on WebGPU is not tested: ${reason}`);
afterAll(() => gpu?.device.destroy());

const [count, width, k] = [333, 22, 70];
const r = random(4);
const values = Float32Array.from({ length: count * width }, () => r.normal());
const centroids = Float64Array.from({ length: k * width }, () => Math.fround(r.normal()));

const square = (a: ArrayLike<number>, from: number, b: ArrayLike<number>, at: number) => {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += ((a[from + i] as number) - (b[at + i] as number)) ** 2;
  return sum;
};

function nearest(of: ArrayLike<number>): { clusters: number[]; squares: number[] } {
  const clusters: number[] = [];
  const squares: number[] = [];
  for (let row = 0; row < count; row++) {
    const all = Array.from({ length: k }, (_, c) => square(values, row * width, of, c * width));
    squares.push(Math.min(...all));
    clusters.push(all.indexOf(Math.min(...all)));
  }
  return { clusters, squares };
}

function membersOf(clusters: ArrayLike<number>): Members {
  const rows = Uint32Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => (clusters[a] as number) - (clusters[b] as number) || a - b,
  );
  const offsets = Uint32Array.from(
    { length: k + 1 },
    (_, c) => rows.filter((row) => (clusters[row] as number) < c).length,
  );
  return { rows, offsets };
}

describe.skipIf(!gpu).each([
  ['as on graphics cards', false],
  ['without barriers', true],
])('k-means on WebGPU, %s', (_, avoidsBarriers) => {
  test('finds nearest centroids, means and distances as plain loops do, and repeats its bits', async () => {
    if (!gpu) return;
    const points = await GpuPoints.create(gpu, { count, width, values }, avoidsBarriers);
    try {
      const first = await points.assign(centroids, k);
      const expected = nearest(centroids);
      expect([...first.clusters]).toEqual(expected.clusters);
      const squares = await points.squares();
      expect(
        Math.max(...squares.map((value, i) => Math.abs(value - (expected.squares[i] as number)))),
      ).toBeLessThan(1e-4);

      const members = membersOf(first.clusters);
      const moved = await points.moveAndAssign(members);
      for (let c = 0; c < k; c++) {
        const own = members.rows.subarray(members.offsets[c], members.offsets[c + 1]);
        for (let i = 0; i < width; i++) {
          const mean = own.reduce((sum, row) => sum + (values[row * width + i] as number), 0) / own.length;
          const kept = centroids[c * width + i] as number;
          expect(moved.centroids[c * width + i]).toBeCloseTo(own.length > 0 ? mean : kept, 5);
        }
      }
      expect([...moved.clusters]).toEqual(nearest(moved.centroids).clusters);
      await points.assign(centroids, k);
      expect(await points.moveAndAssign(members)).toEqual(moved);

      const rows = [5, 5, 17, 300, 1, 0, 332];
      const distances = await points.distancesTo(rows);
      rows.forEach((candidate, t) => {
        expect(distances[t * count + candidate]).toBe(0);
        expect(distances[t * count + 9]).toBeCloseTo(square(values, 9 * width, values, candidate * width), 4);
      });
    } finally {
      points.dispose();
    }
  });
});

test.skipIf(!gpu)('more points than the device binds are refused by name', async () => {
  if (!gpu) return;
  const small = { ...gpu, limits: { ...gpu.limits, maxStorageBufferBindingSize: 1000 } };
  await expect(GpuPoints.create(small, { count, width, values })).rejects.toMatchObject({
    code: 'limit-too-small',
  });
});
