import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { random } from '../../src/base/random.ts';
import { geometry } from '../../src/core/clustering/geometry.ts';
import { kmeans, type KMeansOptions } from '../../src/core/clustering/kmeans.ts';
import { GpuPoints } from '../../src/engine/clustering/gpuPoints.ts';
import { openNodeGpu } from '../../src/engine/testing/nodeGpu.ts';
import type { GpuDevice } from '../../src/engine/webgpu/device.ts';
import { gpuKMeans } from '../../src/services/clusterer/gpuKMeans.ts';

// node scripts/withGpu.mjs bench/kmeans/run.ts [--large] [--whole] [--ours]
// k-means at 5,000 × 384, k 145 beside ml-kmeans from bench/kmeans/node_modules (npm install there; left out where it is absent) and a
// textbook Lloyd, all on the same points in the same run; on WebGPU where Node finds a driver. --large: 50,000 × 384 as well, ours to the
// end, and what one pass over the points costs each from the same start: ml-kmeans takes many minutes to the end: --whole.
// Writes bench/results/kmeans.json.

const k = 145;
const width = 384;
const peerName = 'ml-kmeans';

interface Row {
  readonly what: string;
  /** Processor time: on a machine that others use too, the clock says more of them. */
  readonly ms: number;
  readonly wallMs: number;
  readonly inertia: number;
  readonly iterations: number;
}

/** Points around k centres, spread so that clusters overlap as those of sentence embeddings do. */
function blobs(count: number): Float32Array {
  const r = random(1);
  const centres = Float32Array.from({ length: k * width }, () => 0.5 * r.normal());
  const values = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const centre = r.integer(k) * width;
    for (let i = 0; i < width; i++) values[row * width + i] = (centres[centre + i] as number) + r.normal();
  }
  return values;
}

async function ours(values: Float32Array, options: Partial<KMeansOptions>): Promise<Row> {
  const watch = stopwatch();
  const points = { count: values.length / width, width, values };
  const { inertia, iterations } = await kmeans(points, { k, seed: 1, ...options });
  return { what: `ours, ${options.algorithm ?? 'auto'}`, ...watch(), inertia, iterations };
}

async function onGpu(gpu: GpuDevice, values: Float32Array, options: Partial<KMeansOptions>): Promise<Row> {
  const points = { count: values.length / width, width, values };
  const kept = await GpuPoints.create(gpu, points);
  try {
    const watch = stopwatch();
    const { inertia, iterations } = await gpuKMeans(geometry(points), kept, { k, seed: 1, ...options });
    return {
      what: `ours, WebGPU on ${gpu.isSoftware ? 'SwiftShader' : gpu.name}`,
      ...watch(),
      inertia,
      iterations,
    };
  } finally {
    kept.dispose();
  }
}

type Peer = (
  data: number[][],
  k: number,
  options: {
    initialization: 'kmeans++' | number[][];
    seed: number;
    maxIterations: number;
    tolerance: number;
  },
) => { clusters: number[]; centroids: number[][]; iterations: number };

async function peer(rows: number[][], start: number[][] | null = null, maxIterations = 300): Promise<Row> {
  const module = (await import(peerName)) as { kmeans: Peer };
  const watch = stopwatch();
  const options = { seed: 1, maxIterations, tolerance: start ? 0 : 1e-4 };
  const initialization = start ?? 'kmeans++';
  const { clusters, centroids, iterations } = module.kmeans(rows, k, { ...options, initialization });
  const taken = watch();
  return { what: 'ml-kmeans', ...taken, inertia: inertiaOf(rows, centroids, clusters), iterations };
}

function isInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve(peerName);
    return true;
  } catch {
    return false;
  }
}

/** What one writes down first: arrays of arrays, every distance, k-means++ without trials. */
function textbook(rows: number[][]): Row {
  const watch = stopwatch();
  const r = random(1);
  const centroids = [rows[r.integer(rows.length)] as number[]];
  const closest = rows.map((row) => square(row, centroids[0] as number[]));
  while (centroids.length < k) {
    let target = r.next() * closest.reduce((a, b) => a + b, 0);
    const at = closest.findIndex((weight) => (target -= weight) <= 0);
    const centre = rows[Math.max(0, at)] as number[];
    centroids.push(centre);
    rows.forEach((row, i) => (closest[i] = Math.min(closest[i] as number, square(row, centre))));
  }
  let clusters: number[] = [];
  let iterations = 0;
  for (let moved = Number.POSITIVE_INFINITY; moved > 1e-4 && iterations < 300; iterations++) {
    clusters = rows.map((row) => {
      let [best, least] = [0, Number.POSITIVE_INFINITY];
      centroids.forEach((centre, c) => {
        const distance = square(row, centre);
        if (distance < least) [best, least] = [c, distance];
      });
      return best;
    });
    moved = 0;
    for (let c = 0; c < k; c++) {
      const members = rows.filter((_, i) => clusters[i] === c);
      if (members.length === 0) continue;
      const mean = Array.from(
        { length: width },
        (_, i) => members.reduce((sum, row) => sum + (row[i] as number), 0) / members.length,
      );
      moved += square(mean, centroids[c] as number[]);
      centroids[c] = mean;
    }
  }
  const taken = watch();
  return { what: 'textbook Lloyd', ...taken, inertia: inertiaOf(rows, centroids, clusters), iterations };
}

function stopwatch(): () => { ms: number; wallMs: number } {
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { ms: (user + system) / 1000, wallMs: performance.now() - started };
  };
}

function square(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}

function inertiaOf(rows: number[][], centroids: number[][], clusters: number[]): number {
  return rows.reduce((sum, row, i) => sum + square(row, centroids[clusters[i] as number] as number[]), 0);
}

async function measure(count: number, gpu: GpuDevice | null): Promise<Row[]> {
  const values = blobs(count);
  const isLarge = count > 10_000;
  // Warm: none pays for compiling the others' code.
  await ours(values.slice(0, 1000 * width), {});
  if (gpu) await onGpu(gpu, values.slice(0, 256 * width), { maxIterations: 1 });
  const rows: Row[] = [];
  for (const algorithm of ['hamerly', 'lloyd', 'elkan', 'mini-batch'] as const)
    if (!isLarge || algorithm === 'hamerly') rows.push(await ours(values, { algorithm }));
  if (gpu && !(isLarge && gpu.isSoftware)) rows.push(await onGpu(gpu, values, {}));
  if (!isLarge && !process.argv.includes('--ours')) {
    const arrays = arraysOf(values);
    rows.push(textbook(arrays));
    if (isInstalled()) rows.push(await peer(arrays));
  }
  if (isLarge && process.argv.includes('--whole') && isInstalled()) rows.push(await peer(arraysOf(values)));
  print(`${count} × ${width}, k ${k}`, rows);
  return rows;
}

/** Three iterations from the first k rows: what a pass costs, seeding left out. */
async function passes(count: number, gpu: GpuDevice | null): Promise<Row[]> {
  const values = blobs(count);
  const start = Float64Array.from(values.subarray(0, k * width));
  const options = { start, maxIterations: 3, tolerance: 0 };
  const rows = [
    await ours(values, { ...options, algorithm: 'hamerly' }),
    await ours(values, { ...options, algorithm: 'lloyd' }),
  ];
  if (gpu) rows.push(await onGpu(gpu, values, options));
  if (isInstalled() && !process.argv.includes('--ours')) {
    const arrays = arraysOf(values);
    rows.push(await peer(arrays, arrays.slice(0, k), 3));
  }
  print(`${count} × ${width}, k ${k}: three iterations from the first k rows`, rows);
  return rows;
}

function arraysOf(values: Float32Array): number[][] {
  return Array.from({ length: values.length / width }, (_, row) =>
    Array.from(values.subarray(row * width, (row + 1) * width)),
  );
}

function print(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}\n`);
  const [first] = rows;
  for (const { what, ms, wallMs, inertia, iterations } of rows)
    console.log(
      `${what.padEnd(28)} ${ms.toFixed(0).padStart(8)} ms of processor ${wallMs.toFixed(0).padStart(8)} ms ${(ms / (first?.ms ?? ms)).toFixed(1).padStart(6)} × ${inertia.toFixed(0).padStart(12)} inertia ${iterations} iterations`,
    );
}

async function main(): Promise<void> {
  const isLarge = process.argv.includes('--large');
  const load = loadavg()[0];
  const { gpu, ...why } = await openNodeGpu();
  if (!gpu) console.log(`No WebGPU here: ${'reason' in why ? why.reason : ''}`);
  if (!isInstalled())
    console.log('ml-kmeans is not installed: run npm install in bench/kmeans to measure it.');
  const sets: { what: string; rows: Row[] }[] = [{ what: '5000', rows: await measure(5000, gpu) }];
  if (isLarge) {
    sets.push({ what: '50000', rows: await measure(50_000, gpu) });
    sets.push({ what: '50000, three iterations', rows: await passes(50_000, gpu) });
  }
  await mkdir('bench/results', { recursive: true });
  const machine = { node: process.version, cpus: cpus().length, load, gpu: gpu?.name ?? null };
  await writeFile('bench/results/kmeans.json', `${JSON.stringify({ machine, k, width, sets }, null, 2)}\n`);
  // The driver's own teardown can hang the process.
  process.exit(0);
}

void main();
