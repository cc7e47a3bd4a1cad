import {
  matmulTiles,
  shapeClass,
  splitsFor,
  type MatmulChoice,
  type MatmulPrecision,
  type MatmulShape,
  type MatmulTileName,
} from '../../src/engine/ops/matmul/tiles.ts';
import type { GpuDevice } from '../../src/engine/webgpu/device.ts';
import { stopwatch } from '../../src/engine/webgpu/tuner/stopwatch.ts';
import { measureMatmul } from '../../src/engine/webgpu/tuner/tune.ts';

export interface MeasuredProduct {
  readonly shapes: string;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly precision: MatmulPrecision;
  readonly tile: MatmulTileName;
  readonly splits: number;
  readonly gflops: number;
  /** Operations per byte that must at least move: operands read once, the result written once, in f32. */
  readonly intensity: number;
}

/** Every tile, split and whole, on one product of each class: the tuner's table without its budget. */
export async function measureProducts(
  gpu: GpuDevice,
  shapes: readonly MatmulShape[],
  precision: MatmulPrecision,
  tiles: readonly MatmulTileName[],
  say: (line: string) => void,
): Promise<MeasuredProduct[]> {
  const classes = new Map(shapes.map((shape) => [shapeClass(shape), shape]));
  const clock = stopwatch(gpu);
  const measured: MeasuredProduct[] = [];
  try {
    for (const [key, shape] of classes) {
      for (const tile of tiles) {
        const most = splitsFor(shape, matmulTiles[tile]);
        const choices: MatmulChoice[] =
          most > 1
            ? [
                { tile, splits: 1 },
                { tile, splits: most },
              ]
            : [{ tile, splits: 1 }];
        for (const choice of choices) {
          const gflops = await measureMatmul(gpu, clock, shape, choice, precision);
          const { rows, columns, inner } = shape;
          const bytes = 4 * (rows * inner + inner * columns + rows * columns);
          measured.push({
            shapes: key,
            rows,
            columns,
            inner,
            precision,
            ...choice,
            gflops,
            intensity: (2 * rows * columns * inner) / bytes,
          });
          say(
            `${precision} ${key} ${tile}${choice.splits > 1 ? ` / ${choice.splits}` : ''}: ${gflops.toFixed(1)} GFLOP/s`,
          );
        }
      }
    }
  } finally {
    clock.destroy();
  }
  return measured;
}

/** The fastest of each class. */
export function bestOf(products: readonly MeasuredProduct[]): MeasuredProduct[] {
  const best = new Map<string, MeasuredProduct>();
  for (const product of products) {
    const key = `${product.precision} ${product.shapes}`;
    if (product.gflops > (best.get(key)?.gflops ?? 0)) best.set(key, product);
  }
  return [...best.values()];
}
