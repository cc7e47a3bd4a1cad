import { describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { random } from '../../base/random.ts';
import { kmeans } from '../../core/clustering/kmeans.ts';
import { openNodeGpu } from '../../engine/testing/nodeGpu.ts';
import type { GpuDevice } from '../../engine/webgpu/device.ts';
import { Clusterer } from './service.ts';

const { gpu } = await openNodeGpu();

const r = random(2);
const points = {
  count: 120,
  width: 4,
  values: Float32Array.from({ length: 480 }, (_, i) => 6 * (Math.floor(i / 4) % 3) + r.normal()),
};
const quiet = () => undefined;
const { signal } = new AbortController();

describe('the clusterer service', () => {
  it('answers as the plain functions, again and again from the points it keeps', async () => {
    const service = new Clusterer();
    await service.setPoints(structuredClone(points));
    const seen: Progress[] = [];
    const options = { k: 3, seed: 1 };
    const result = structuredClone(await service.kmeans(options, (progress) => seen.push(progress), signal));
    expect(result).toEqual({ ...(await kmeans(points, options)), device: 'CPU' });
    expect(seen.at(-1)).toMatchObject({ phase: 'k-means', done: 1000, total: 1000, unit: 'steps' });

    const silhouette = await service.silhouette(result.clusters, { sample: null, seed: 1 }, quiet, signal);
    expect(silhouette.mean).toBeGreaterThan(0.6);
    const categories = Uint32Array.from({ length: 120 }, (_, i) => i % 3);
    const asked = { seeds: [1, 2], k: null, runs: 2, silhouetteSample: 50 };
    expect((await service.clusteringTest(categories, asked, quiet, signal)).mean.ari).toBeCloseTo(1, 12);
    const sweep = await service.sweep({ ks: [2, 3, 4, 5], seed: 1, silhouetteSample: null }, quiet, signal);
    expect(sweep.bestSilhouette).toBe(3);
    const neighbours = await service.neighbours(null, { k: 2 }, quiet, signal);
    expect(neighbours.rows).toHaveLength(240);
    expect([...neighbours.rows].every((row, i) => row !== Math.floor(i / 2))).toBe(true);
    const { maxCosine } = await service.correlation([points, points], { seed: 1 }, quiet, signal);
    expect(maxCosine[1]).toBeCloseTo(1, 6);
  });

  it('groups by other methods, and tests what they found', async () => {
    const service = new Clusterer();
    await service.setPoints(points);
    const categories = Uint32Array.from({ length: 120 }, (_, i) => i % 3);
    const asked = { seeds: [0], k: 3, runs: 1, silhouetteSample: null };
    for (const method of [
      { kind: 'ward', k: 3 },
      { kind: 'hdbscan', minClusterSize: 10 },
    ] as const) {
      const { clusters, k, noise, inertia } = await service.group(method, quiet, signal);
      expect(k - (noise === null ? 0 : 1)).toBe(3);
      expect(new Set(clusters).size).toBe(k);
      const { mean } = await service.clusteringTest(categories, { ...asked, method }, quiet, signal);
      expect(mean.ari).toBeGreaterThan(0.9);
      expect(mean.silhouette).toBeGreaterThan(0.6);
      expect(mean.inertia).toBeCloseTo(inertia, 9);
    }
  });

  it.skipIf(!gpu)('takes the GPU where it is asked for, and keeps the points there', async () => {
    if (!gpu) return;
    let opened = 0;
    const open = async () => {
      opened++;
      return gpu;
    };
    const service = new Clusterer(open);
    await service.setPoints(points);
    const options = { k: 3, seed: 1, device: 'webgpu' } as const;
    const first = await service.kmeans(options, quiet, signal);
    expect(first.device).toBe(gpu.name);
    expect(first.clusters).toEqual((await kmeans(points, options)).clusters);
    const categories = Uint32Array.from({ length: 120 }, (_, i) => i % 3);
    const asked = { seeds: [1, 2], k: null, runs: 2, silhouetteSample: 50, device: 'webgpu' } as const;
    expect((await service.clusteringTest(categories, asked, quiet, signal)).mean.ari).toBeCloseTo(1, 12);
    const sweep = { ks: [2, 3, 4, 5], seed: 1, silhouetteSample: null, device: 'webgpu' } as const;
    expect((await service.sweep(sweep, quiet, signal)).bestSilhouette).toBe(3);
    expect(opened).toBe(1);
    // A software adapter is no better than the CPU.
    expect((await service.kmeans({ ...options, device: 'auto' }, quiet, signal)).device).toBe('CPU');
  });

  it('says why there is no GPU where it is asked for, and does without where it is not', async () => {
    const service = new Clusterer();
    await service.setPoints(points);
    const asked = (device: 'auto' | 'webgpu') => service.kmeans({ k: 3, seed: 1, device }, quiet, signal);
    await expect(asked('webgpu')).rejects.toMatchObject({ code: 'webgpu-missing' });
    expect((await asked('auto')).device).toBe('CPU');
  });

  it('keeps its points when new ones are refused, and says when it has none', async () => {
    const service = new Clusterer();
    await expect(service.kmeans({ k: 2, seed: 1 }, quiet, signal)).rejects.toMatchObject({
      code: 'embedding-empty',
    });
    await service.setPoints(points);
    const broken = { ...points, values: points.values.map((value, i) => (i === 9 ? Number.NaN : value)) };
    await expect(service.setPoints(broken)).rejects.toMatchObject({ code: 'points-not-finite' });
    expect((await service.kmeans({ k: 2, seed: 1 }, quiet, signal)).clusters).toHaveLength(120);
  });

  it.skipIf(!gpu)(
    'clusters the points it was asked about where others come while the GPU is opened',
    async () => {
      if (!gpu) return;
      const others = { ...points, values: points.values.slice().reverse() };
      let open = (_gpu: GpuDevice) => {};
      const opened = new Promise<GpuDevice>((resolve) => (open = resolve));
      const service = new Clusterer(() => opened);
      const options = { k: 3, seed: 1, device: 'webgpu' } as const;
      await service.setPoints(points);
      const first = service.kmeans(options, quiet, signal);
      await service.setPoints(others);
      const second = service.kmeans(options, quiet, signal);
      open(gpu);
      expect((await first).clusters).toEqual((await kmeans(points, options)).clusters);
      expect((await second).clusters).toEqual((await kmeans(others, options)).clusters);
    },
  );

  it('sweeps over the points it was asked about where others come in the middle', async () => {
    const service = new Clusterer();
    const asked = { ks: [2, 3, 4, 5], seed: 1, silhouetteSample: null };
    await service.setPoints(points);
    const alone = await service.sweep(asked, quiet, signal);
    const sweep = service.sweep(asked, quiet, signal);
    await service.setPoints({ count: 4, width: 1, values: Float32Array.of(1, 2, 3, 4) });
    expect(await sweep).toEqual(alone);
  });

  it('lays a map out, stops in the middle, and says how far it can be trusted', async () => {
    const service = new Clusterer();
    await service.setPoints(points);
    const options = { neighbours: 10, minDist: 0.1, epochs: 100, seed: 1 };
    const seen: Progress[] = [];
    const map = await service.umap(options, (progress) => seen.push(progress), signal);
    expect(map).toHaveLength(240);
    expect(seen.at(-1)).toMatchObject({ done: 1000, total: 1000 });
    expect(await service.trustworthiness(map, quiet, signal)).toBeGreaterThan(0.7);
    const controller = new AbortController();
    controller.abort();
    await expect(service.umap(options, quiet, controller.signal)).rejects.toMatchObject({ code: 'aborted' });
    const few = { count: 20, width: 2, values: Float32Array.from({ length: 40 }, () => r.normal()) };
    await service.setPoints(few);
    const small = await service.umap(options, quiet, signal);
    expect(await service.trustworthiness(small, quiet, signal)).toBeNull();
  });

  it('stops', async () => {
    const service = new Clusterer();
    const many = { count: 6000, width: 64, values: Float32Array.from({ length: 384_000 }, () => r.normal()) };
    await service.setPoints(many);
    const controller = new AbortController();
    const stop = ({ done }: Progress) => done > 0 && controller.abort();
    await expect(service.kmeans({ k: 200, seed: 1 }, stop, controller.signal)).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});
