import { afterAll, describe, expect, test } from 'vitest';
import { random } from '../../base/random.ts';
import { geometry } from '../../core/clustering/geometry.ts';
import { kmeans } from '../../core/clustering/kmeans.ts';
import { GpuPoints } from '../../engine/clustering/gpuPoints.ts';
import { openNodeGpu } from '../../engine/testing/nodeGpu.ts';
import { gpuKMeans } from './gpuKMeans.ts';

const { gpu, ...why } = await openNodeGpu();
if (!gpu) console.warn(`k-means on WebGPU is not tested: ${'reason' in why ? why.reason : ''}`);
afterAll(() => gpu?.device.destroy());

function blobs(count: number, width: number, k: number, spread: number) {
  const r = random(9);
  const centres = Float32Array.from({ length: k * width }, () => r.normal());
  const values = Float32Array.from(
    { length: count * width },
    (_, i) => (centres[(Math.floor(i / width) % k) * width + (i % width)] as number) + spread * r.normal(),
  );
  return { count, width, values };
}

async function both(points: ReturnType<typeof blobs>, options: Parameters<typeof kmeans>[1]) {
  if (!gpu) throw new Error('no WebGPU');
  const onGpu = await GpuPoints.create(gpu, points);
  try {
    const ours = await gpuKMeans(geometry(points), onGpu, options);
    return {
      ours,
      again: await gpuKMeans(geometry(points), onGpu, options),
      twin: await kmeans(points, options),
    };
  } finally {
    onGpu.dispose();
  }
}

describe.skipIf(!gpu)('k-means on WebGPU', () => {
  test('finds its twin’s clusters where they are separate, and its inertia', async () => {
    const { ours, again, twin } = await both(blobs(900, 21, 12, 0.1), { k: 12, seed: 3, runs: 2 });
    expect(ours.clusters).toEqual(twin.clusters);
    expect(ours.inertia / twin.inertia).toBeCloseTo(1, 6);
    expect(ours.converged).toBe(true);
    expect(again).toEqual(ours);
  });

  test('comes as low where they overlap', async () => {
    const { ours, again, twin } = await both(blobs(1200, 16, 20, 1.5), { k: 30, seed: 1 });
    expect(Math.abs(ours.inertia / twin.inertia - 1)).toBeLessThan(0.01);
    expect(again).toEqual(ours);
  });

  test('repairs empty clusters as its twin does', async () => {
    const points = blobs(400, 8, 4, 0.3);
    // Two centroids far from everything: nothing is nearest to them.
    const start = new Float64Array(6 * 8).fill(90);
    for (let c = 0; c < 4; c++) start.set(points.values.subarray(c * 8, (c + 1) * 8), c * 8);
    const { ours, twin } = await both(points, { k: 6, seed: 1, start });
    expect(new Set(ours.clusters).size).toBe(6);
    expect(ours.clusters).toEqual(twin.clusters);
    expect(ours.inertia).toBeCloseTo(twin.inertia, 3);
  });

  test('stops, and refuses what cannot be clustered', async () => {
    if (!gpu) return;
    const points = blobs(50, 4, 2, 1);
    const onGpu = await GpuPoints.create(gpu, points);
    const controller = new AbortController();
    const task = { signal: controller.signal, onProgress: () => controller.abort() };
    const given = geometry(points);
    await expect(gpuKMeans(given, onGpu, { k: 9, seed: 1 }, task)).rejects.toMatchObject({ code: 'aborted' });
    await expect(gpuKMeans(given, onGpu, { k: 51, seed: 1 })).rejects.toMatchObject({
      code: 'clusters-too-many',
    });
    onGpu.dispose();
  });
});
