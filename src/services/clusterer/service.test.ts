import { describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { random } from '../../base/random.ts';
import { kmeans } from '../../core/clustering/kmeans.ts';
import { Clusterer } from './service.ts';

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
    expect(result).toEqual(await kmeans(points, options));
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
