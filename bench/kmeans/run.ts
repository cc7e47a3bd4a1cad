import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { random } from '../../src/base/random.ts';
import { kmeans, type KMeansOptions } from '../../src/core/clustering/kmeans.ts';

// npx tsx bench/kmeans/run.ts [-- --large]
// k-means at 5,000 × 384, k 145 (--large: 50,000 × 384 as well) beside ml-kmeans from bench/kmeans/node_modules (npm install there;
// left out where it is absent) and a textbook Lloyd, all on the same points in the same run. Writes bench/results/kmeans.json.

const k = 145;
const width = 384;
const peerName = 'ml-kmeans';

interface Row {
  readonly what: string;
  /** Processor time: on a machine that others use too, the clock says more of them. */
  readonly ms: number;
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

async function ours(values: Float32Array, algorithm: NonNullable<KMeansOptions['algorithm']>): Promise<Row> {
  const started = process.cpuUsage();
  const points = { count: values.length / width, width, values };
  const { inertia, iterations } = await kmeans(points, { k, seed: 1, algorithm });
  return { what: `ours, ${algorithm}`, ms: cpuMs(started), inertia, iterations };
}

type Peer = (
  data: number[][],
  k: number,
  options: { initialization: 'kmeans++'; seed: number; maxIterations: number; tolerance: number },
) => { clusters: number[]; centroids: number[][]; iterations: number };

async function peer(rows: number[][]): Promise<Row> {
  const module = (await import(peerName)) as { kmeans: Peer };
  const started = process.cpuUsage();
  const options = { initialization: 'kmeans++', seed: 1, maxIterations: 300, tolerance: 1e-4 } as const;
  const { clusters, centroids, iterations } = module.kmeans(rows, k, options);
  const ms = cpuMs(started);
  return { what: 'ml-kmeans', ms, inertia: inertiaOf(rows, centroids, clusters), iterations };
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
  const started = process.cpuUsage();
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
  const ms = cpuMs(started);
  return { what: 'textbook Lloyd', ms, inertia: inertiaOf(rows, centroids, clusters), iterations };
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function square(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}

function inertiaOf(rows: number[][], centroids: number[][], clusters: number[]): number {
  return rows.reduce((sum, row, i) => sum + square(row, centroids[clusters[i] as number] as number[]), 0);
}

async function measure(count: number): Promise<Row[]> {
  const values = blobs(count);
  // Warm: none pays for compiling the others' code.
  await ours(values.slice(0, 400 * width), 'auto');
  const rows = [await ours(values, 'elkan'), await ours(values, 'lloyd'), await ours(values, 'mini-batch')];
  const arrays = Array.from({ length: count }, (_, row) =>
    Array.from(values.subarray(row * width, (row + 1) * width)),
  );
  if (!process.argv.includes('--ours')) rows.push(textbook(arrays));
  if (isInstalled()) rows.push(await peer(arrays));
  else console.log('ml-kmeans is not installed: run npm install in bench/kmeans to measure it.');
  console.log(`\n${count} × ${width}, k ${k}\n`);
  const [first] = rows;
  for (const { what, ms, inertia, iterations } of rows)
    console.log(
      `${what.padEnd(20)} ${ms.toFixed(0).padStart(9)} ms ${(ms / (first?.ms ?? ms)).toFixed(1).padStart(7)} × ${inertia.toFixed(0).padStart(12)} inertia ${iterations} iterations`,
    );
  return rows;
}

async function main(): Promise<void> {
  const counts = process.argv.includes('--large') ? [5000, 50_000] : [5000];
  const load = loadavg()[0];
  const sets: { count: number; rows: Row[] }[] = [];
  for (const count of counts) sets.push({ count, rows: await measure(count) });
  await mkdir('bench/results', { recursive: true });
  const machine = { node: process.version, cpus: cpus().length, load };
  await writeFile('bench/results/kmeans.json', `${JSON.stringify({ machine, k, width, sets }, null, 2)}\n`);
}

void main();
