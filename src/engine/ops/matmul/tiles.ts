import type { Dims } from '../../graph/types.ts';
import { sizeIn, type KernelEnvironment } from '../../webgpu/kernel.ts';
import type { MatmulOptions } from './options.ts';
import type { Product } from './product.ts';

/** How a workgroup cuts a product: its part of C, each thread's part of that, and the inner columns it holds at a time. */
export interface MatmulTile {
  readonly rows: 32 | 64 | 128;
  readonly columns: 32 | 64 | 128;
  readonly threadRows: 4 | 8;
  readonly threadColumns: 4 | 8;
  readonly inner: 8 | 16 | 32;
  /** 2: the next piece is brought in while this one is multiplied; one barrier a piece instead of two, twice the memory. */
  readonly buffers: 1 | 2;
}

const tile = (
  rows: MatmulTile['rows'],
  columns: MatmulTile['columns'],
  threadRows: MatmulTile['threadRows'],
  threadColumns: MatmulTile['threadColumns'],
  inner: MatmulTile['inner'],
  buffers: MatmulTile['buffers'] = 1,
): MatmulTile => ({ rows, columns, threadRows, threadColumns, inner, buffers });

/** All within the 16 KiB of workgroup memory and 256 threads that every WebGPU device grants. Intensities: docs/kernels.md. */
export const matmulTiles = {
  '32x32x32/4x4': tile(32, 32, 4, 4, 32),
  '64x64x16/4x4': tile(64, 64, 4, 4, 16),
  '64x64x32/4x4': tile(64, 64, 4, 4, 32),
  '64x64x16/8x8': tile(64, 64, 8, 8, 16),
  '64x64x16/8x4 double': tile(64, 64, 8, 4, 16, 2),
  '128x64x16/8x4': tile(128, 64, 8, 4, 16),
  '128x64x8/8x8 double': tile(128, 64, 8, 8, 8, 2),
  '128x128x16/8x8': tile(128, 128, 8, 8, 16),
  '128x128x8/8x8 double': tile(128, 128, 8, 8, 8, 2),
} as const satisfies Readonly<Record<string, MatmulTile>>;

export type MatmulTileName = keyof typeof matmulTiles;

/** One product's kernel: a tile, and how many workgroups share the inner dimension of each part of C. */
export interface MatmulChoice {
  readonly tile: MatmulTileName;
  readonly splits: number;
}

/** What the tuner found on one adapter; plain data, kept by whoever opens sessions. */
export interface MatmulTable {
  readonly version: 1;
  readonly adapter: string;
  readonly precision: MatmulPrecision;
  /** By shape class. Classes that are missing take the fallback. */
  readonly choices: Readonly<Record<string, MatmulChoice>>;
  /** Best rate measured over all classes, 10⁹ multiply-adds × 2 a second: the device's practical peak for these kernels. */
  readonly peakGflops: number;
  /** How sums over rows are begun; absent: not measured. */
  readonly rowSums?: RowSums;
}

/** By shuffles in subgroups, or in workgroup memory alone: the same bits. */
export type RowSums = 'subgroups' | 'workgroup';

/** `f16`: operands are rounded to half precision on their way into workgroup memory; products and sums stay f32. */
export type MatmulPrecision = 'f32' | 'f16';

/** Numbers of a product at the plan's capacity. */
export interface MatmulShape {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Whether the inner dimension may be split: partial sums need a fixed size of C. */
  readonly splittable: boolean;
}

export function shapeOf(product: Product, options: MatmulOptions, capacity: Dims): MatmulShape {
  return {
    rows: sizeIn(product.rows, capacity),
    columns: product.columns,
    inner: sizeIn(product.inner, capacity),
    transposeA: options.transposeA,
    transposeB: options.transposeB,
    splittable: typeof product.rows === 'number',
  };
}

const powerOfTwo = (value: number) => 2 ** Math.ceil(Math.log2(value));

/** Layout, and sizes rounded up to powers of two: products of one class share a choice. */
export function shapeClass(shape: MatmulShape): string {
  const layout = `${shape.transposeA ? 'T' : 'N'}${shape.transposeB ? 'T' : 'N'}`;
  const sizes = [shape.rows, shape.columns, shape.inner].map(powerOfTwo).join('x');
  return `${layout} ${sizes}${shape.splittable ? ' fixed' : ''}`;
}

/** Parts of C under a tile. */
function tileCount(shape: MatmulShape, { rows, columns }: MatmulTile): number {
  return Math.ceil(shape.rows / rows) * Math.ceil(shape.columns / columns);
}

/** Workgroups that keep the multiprocessors of a middling graphics card busy. */
const enoughWorkgroups = 96;
const mostSplits = 16;

/** How often the inner dimension is split under a tile: until there is enough to do, each part at least 256 long. */
export function splitsFor(shape: MatmulShape, { rows, columns }: MatmulTile): number {
  if (!shape.splittable) return 1;
  const wanted = Math.floor(enoughWorkgroups / tileCount(shape, { rows, columns } as MatmulTile));
  return Math.max(1, Math.min(mostSplits, wanted, Math.floor(shape.inner / 256)));
}

/** The choice without measurements: the largest of three tiles that still makes enough workgroups. Never changes by itself. */
export function fallbackChoice(shape: MatmulShape): MatmulChoice {
  const narrow = shape.rows <= 32 || shape.columns <= 32;
  const isEnough = (name: MatmulTileName) => tileCount(shape, matmulTiles[name]) >= enoughWorkgroups;
  const name: MatmulTileName = narrow
    ? '32x32x32/4x4'
    : isEnough('128x64x16/8x4')
      ? '128x64x16/8x4'
      : '64x64x16/4x4';
  return { tile: name, splits: splitsFor(shape, matmulTiles[name]) };
}

/** The choice for a product on this device. */
export function choiceFor(shape: MatmulShape, environment: KernelEnvironment): MatmulChoice {
  const known = environment.matmul?.choices[shapeClass(shape)];
  if (!known || !(known.tile in matmulTiles)) return fallbackChoice(shape);
  return { tile: known.tile, splits: shape.splittable ? known.splits : 1 };
}
