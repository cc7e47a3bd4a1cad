import { throwIfAborted } from '../../../base/progress.ts';
import { EngineError } from '../../errors.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import type { Dims } from '../../graph/types.ts';
import { matmul } from '../../ops/matmul/op.ts';
import {
  fallbackChoice,
  matmulTiles,
  shapeClass,
  splitsFor,
  type MatmulChoice,
  type MatmulPrecision,
  type MatmulShape,
  type MatmulTable,
  type MatmulTileName,
  type RowSums,
} from '../../ops/matmul/tiles.ts';
import type { GpuDevice } from '../device.ts';
import { measureRowSums } from './rowSums.ts';
import { stopwatch, type Stopwatch } from './stopwatch.ts';
import { timeGraph } from './timeGraph.ts';

export interface TuneOptions {
  /** Wall time after which no further candidate is begun. Default 500. */
  readonly budgetMs?: number;
  readonly precision?: MatmulPrecision;
  readonly signal?: AbortSignal;
}

/** Symbolic sizes are measured at most this large: a rate does not change beyond it, and a slow device must not choke. */
const mostSymbolic = 2048;
/** Candidates of one shape class that are timed after the largest class has been through all of them. */
const finalists = 3;

/**
 * Times a handful of tiles on the model's own matrix products and returns the fastest of each shape class. The classes that cost a step
 * most come first: the first of them is tried with every tile, the others with the `finalists` of their predecessors, until the budget
 * is spent; what was not reached keeps its fallback and is not in the table. Behind the first class, sums over rows by subgroups are held
 * against those without, where there are subgroups. A device that avoids barriers gets an empty table.
 * The result depends on timing, so the caller must keep it: see `mergeMatmulTables`. Throws `aborted`, `device-lost`.
 */
export async function tuneMatmul(
  gpu: GpuDevice,
  shapes: readonly MatmulShape[],
  { budgetMs = 500, precision = 'f32', signal }: TuneOptions = {},
): Promise<MatmulTable> {
  const begin = performance.now();
  const isOver = () => performance.now() - begin > budgetMs;
  const choices: Record<string, MatmulChoice> = {};
  let peakGflops = 0;
  let rowSums: RowSums | null = null;
  const measureRows = async () => {
    if (rowSums === null && gpu.subgroups && !gpu.isSoftware && !isOver())
      rowSums = await measureRowSums(gpu, gpu.subgroups, clock);
  };
  const clock = stopwatch(gpu);
  const score = new Map<MatmulTileName, number>();
  try {
    for (const shape of gpu.isSoftware ? [] : classesByCost(shapes)) {
      let best: { choice: MatmulChoice; gflops: number } | null = null;
      for (const choice of candidates(shape, score)) {
        if (isOver()) break;
        throwIfAborted(signal);
        const gflops = await measureMatmul(gpu, clock, shape, choice, precision);
        const relative = gflops / (best?.gflops ?? gflops);
        score.set(choice.tile, Math.max(score.get(choice.tile) ?? 0, relative));
        if (!best || gflops > best.gflops) best = { choice, gflops };
      }
      if (!best) break;
      // Also where the budget cut it short: the fallback was measured first, so nothing here is slower than that.
      choices[shapeClass(shape)] = best.choice;
      peakGflops = Math.max(peakGflops, best.gflops);
      await measureRows();
    }
    await measureRows();
  } finally {
    clock.destroy();
  }
  return { version: 1, adapter: gpu.name, precision, choices, peakGflops, ...(rowSums ? { rowSums } : {}) };
}

/** One shape a class, the classes that cost most operations first. */
function classesByCost(shapes: readonly MatmulShape[]): MatmulShape[] {
  const classes = new Map<string, { shape: MatmulShape; cost: number }>();
  for (const shape of shapes) {
    const key = shapeClass(shape);
    const cost = shape.rows * shape.columns * shape.inner;
    const known = classes.get(key);
    classes.set(key, { shape: known?.shape ?? shape, cost: (known?.cost ?? 0) + cost });
  }
  return [...classes.values()].sort((a, b) => b.cost - a.cost).map(({ shape }) => shape);
}

/** The fallback first; then every tile while nothing is known of this device, else those that have done best. */
function candidates(shape: MatmulShape, score: ReadonlyMap<MatmulTileName, number>): MatmulChoice[] {
  const fallback = fallbackChoice(shape);
  const names = (Object.keys(matmulTiles) as MatmulTileName[]).filter((name) => name !== fallback.tile);
  const ranked = [...names].sort((a, b) => (score.get(b) ?? 0) - (score.get(a) ?? 0));
  const tiles = score.size > 1 ? ranked.slice(0, finalists) : names;
  return [fallback.tile, ...tiles].flatMap((tile): MatmulChoice[] => {
    const splits = splitsFor(shape, matmulTiles[tile]);
    return splits > 1
      ? [
          { tile, splits },
          { tile, splits: 1 },
        ]
      : [{ tile, splits: 1 }];
  });
}

/** Rate of one product under one choice, in 10⁹ operations a second; 0 where the device refuses the kernel. */
export async function measureMatmul(
  gpu: GpuDevice,
  clock: Stopwatch,
  shape: MatmulShape,
  choice: MatmulChoice,
  precision: MatmulPrecision,
): Promise<number> {
  const T = Math.min(shape.splittable ? shape.inner : shape.rows, mostSymbolic);
  const dims: Dims = { T, B: 1, R: 1, K: 1 };
  const product = build(shape);
  // The class is that of the measured sizes: the kernels look themselves up in this table.
  const measured = product.shape(dims);
  const elapsedMs = await timeGraph(gpu, clock, product.graph, {
    capacity: dims,
    avoidsBarriers: false,
    precision,
    matmul: {
      version: 1,
      adapter: gpu.name,
      precision,
      choices: { [shapeClass(measured)]: choice },
      peakGflops: 0,
    },
  });
  return (2 * measured.rows * measured.columns * measured.inner) / Math.max(elapsedMs, 1e-4) / 1e6;
}

/** A graph of one product in the layout and with the fixed sizes of a shape, T for the other. */
function build({ rows, columns, inner, transposeA, transposeB, splittable }: MatmulShape) {
  const g = new GraphBuilder();
  const m = splittable ? rows : ('T' as const);
  const k = splittable ? ('T' as const) : inner;
  const a = g.input('a', transposeA ? [k, m] : [m, k], 'f32');
  const b = g.input('b', transposeB ? [columns, k] : [k, columns], 'f32');
  g.output('c', g.one(matmul({ transposeA, transposeB }), [a, b], 'c'));
  const graph = g.build();
  const [node] = graph.nodes;
  if (!node?.operation.productShape)
    throw new EngineError('graph-invalid', 'A product was expected.', 'Report this.');
  const shape = node.operation.productShape;
  return { graph, shape: (dims: Dims) => shape(node, dims) };
}
