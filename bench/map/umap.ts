// npx tsx bench/map/umap.ts [COUNT...] [--peer]: UMAP of 64-wide vectors, 10,000 and 100,000 by default, with recall of the neighbours and
// trustworthiness of the map, both on 1,000 rows; `--peer`: umap-js over exact neighbours beside it (minutes at 10,000, most of an hour at
// 100,000). Points: 145 overlapping normal clusters. Writes bench/results/umap.json.
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { random } from '../../src/base/random.ts';
import type { Steps } from '../../src/base/steps.ts';
import type { DensePoints } from '../../src/core/clustering/points.ts';
import { pcaSteps } from '../../src/core/embedding/pca.ts';
import { umapDefaults, umapSteps, umapTotal } from '../../src/core/embedding/umap.ts';
import { nearestGraphSteps } from '../../src/core/embedding/umap/nearestGraph.ts';
import { trustworthinessSteps } from '../../src/core/embedding/umap/trustworthiness.ts';
import { neighbourSteps } from '../../src/core/embedding/uses/neighbours.ts';
import { takeRows } from '../../src/core/clustering/geometry.ts';
import { umapJsLayout } from './umapJs.ts';

const file = 'bench/results/umap.json';
const width = 64;
const asked = 1000;

function pointsOf(count: number): DensePoints {
  const r = random(3);
  const groups = 145;
  const centres = Float32Array.from({ length: groups * width }, () => r.normal());
  const values = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    const group = r.integer(groups);
    for (let i = 0; i < width; i++)
      values[row * width + i] = (centres[group * width + i] as number) + 0.6 * r.normal();
  }
  return { count, width, values };
}

const seconds = (from: number) => (performance.now() - from) / 1000;

function run<T>(steps: Steps<T>, onMark: (mark: number) => void = () => undefined): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    onMark(step.value);
  }
}

const trust = (points: DensePoints, map: Float32Array) =>
  run(trustworthinessSteps(points, map, { neighbours: 15, sample: asked, seed: 1 }));

/** Share of the exact neighbours of some rows that are found. */
function recall(points: DensePoints, found: Uint32Array, k: number): number {
  const rows = random(1).shuffle(Uint32Array.from({ length: points.count }, (_, row) => row));
  const queries = rows.subarray(0, asked);
  // The row itself comes first, and is left out.
  const exact = run(neighbourSteps(takeRows(points, queries), points, { k: k + 1 }));
  let hits = 0;
  queries.forEach((row, i) => {
    const own = new Set(found.subarray(row * k, (row + 1) * k));
    for (const other of exact.rows.subarray(i * (k + 1), (i + 1) * (k + 1))) if (own.has(other)) hits++;
  });
  return hits / (asked * k);
}

async function main(): Promise<void> {
  const given = process.argv.slice(2).filter((each) => !each.startsWith('--'));
  for (const count of given.length > 0 ? given.map(Number) : [10_000, 100_000]) {
    const points = pointsOf(count);
    const { neighbours, seed } = umapDefaults;
    const k = neighbours - 1;
    let startedAt = performance.now();
    const graph = run(nearestGraphSteps(points, k, seed));
    const searchSeconds = seconds(startedAt);
    startedAt = performance.now();
    // How far an estimate from progress would be off, at a quarter and at three quarters of the time.
    const marks: [number, number][] = [];
    const map = run(umapSteps(points, umapDefaults), (mark) => marks.push([seconds(startedAt), mark]));
    const totalSeconds = seconds(startedAt);
    const shareAt = (part: number) =>
      (marks.findLast(([at]) => at <= part * totalSeconds)?.[1] ?? 0) / umapTotal;
    const row = {
      count,
      width,
      searchSeconds,
      recall: recall(points, graph.rows, k),
      totalSeconds,
      shareAt: [0.25, 0.5, 0.75].map(shareAt),
      trustworthiness: trust(points, map),
      pcaTrustworthiness: trust(points, run(pcaSteps(points, 2, seed))),
      memoryBytes: process.memoryUsage().rss,
    };
    console.log(row);
    await note(`ours ${count}`, row);
    if (!process.argv.includes('--peer')) continue;
    startedAt = performance.now();
    const phases: Record<string, number> = {};
    const theirs = umapJsLayout(points, count, { k: neighbours, epochs: 300, seed }, (phase) => {
      phases[phase] = seconds(startedAt);
    });
    const peer = { count, phases, totalSeconds: seconds(startedAt), trustworthiness: trust(points, theirs) };
    console.log(peer);
    await note(`umap-js ${count}`, peer);
  }
}

async function note(name: string, row: object): Promise<void> {
  const known = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { rows: Record<string, object> }).rows
    : {};
  const machine = { node: process.version, cpus: cpus().length, load: loadavg()[0] };
  await mkdir('bench/results', { recursive: true });
  await writeFile(
    file,
    `${JSON.stringify({ machine, rows: { ...known, [name]: { ...row, load: machine.load } } }, null, 2)}\n`,
  );
}

void main();
