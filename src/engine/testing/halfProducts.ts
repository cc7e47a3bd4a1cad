import { GraphBuilder } from '../graph/builder.ts';
import type { Dims, Graph } from '../graph/types.ts';
import { addBias } from '../ops/addBias/op.ts';
import { matmul } from '../ops/matmul/op.ts';
import type { MatmulOptions } from '../ops/matmul/options.ts';
import { shapeClass, type MatmulShape, type MatmulTable, type MatmulTileName } from '../ops/matmul/tiles.ts';
import type { GpuDevice } from '../webgpu/device.ts';
import { createWebGpuSession, type WebGpuSession, type WebGpuSessionOptions } from '../webgpu/session.ts';
import { matmulShapes } from '../webgpu/tuner/table.ts';
import { idleTrainingGraph } from './oneOp.ts';
import { normals } from './packed.ts';

// Products of halves over sizes with tails, held against double precision.

/** A conversion to halves may take either neighbour (WGSL): half a unit in the last of 11 bits to nearest, a whole one at worst. */
const ofHalf = 2 ** -10;
const ofFloat = 2 ** -24;

export const tails = [1, 3, 63, 64, 65, 127, 513];
const tokens = Math.max(...tails);
export const capacity: Dims = { T: tokens, B: 1, R: 2, K: 1 };

/** The two sizes of a product that do not follow T; the last three are whole vectors, which are bound as such. */
export const pairs: readonly (readonly [number, number])[] = [
  ...tails.map((size, i) => [size, tails[(3 * i + 4) % tails.length] ?? 1] as const),
  [4, 64],
  [68, 132],
  [132, 516],
];
const layouts: readonly MatmulOptions[] = [
  { transposeA: false, transposeB: false, gradient: 'A' },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false, gradient: 'B' },
];
export const scales = { lossScale: 1 / 300, gradientScale: 64 };
/** What the operand that descends from the loss is multiplied by before it is rounded. */
const factor = scales.gradientScale * 2 ** 9;

export interface Product {
  readonly name: string;
  readonly options: MatmulOptions;
  /** M, N, K with T filled in, and the operands' data. */
  readonly at: (T: number) => {
    readonly size: readonly [number, number, number];
    readonly a: Float32Array;
    readonly b: Float32Array;
    readonly bias: Float32Array;
  };
}

/** Products of all layouts with these sizes, a bias in the epilogue of each. */
export function productsGraph(sizes: typeof pairs): {
  readonly graph: Graph;
  readonly products: readonly Product[];
} {
  const g = new GraphBuilder();
  const products = sizes.flatMap(([first, second]) =>
    layouts.map((options): Product => {
      const { transposeA, transposeB, gradient } = options;
      const name = `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'} ${first} ${second}`;
      const m = transposeA ? first : ('T' as const);
      const n = transposeA ? second : first;
      const k = transposeA ? ('T' as const) : second;
      const a = g.input(`${name} a`, transposeA ? [k, m] : [m, k], 'f32');
      const b = g.input(`${name} b`, transposeB ? [n, k] : [k, n], 'f32');
      const bias = g.input(`${name} bias`, [n], 'f32');
      g.output(name, g.one(addBias(), [g.one(matmul(options), [a, b], `${name} c`), bias], `${name} biased`));
      const at = (T: number) => {
        const size = [m === 'T' ? T : m, n, k === 'T' ? T : k] as const;
        const small = (of: 'A' | 'B') => (gradient === of ? 1e-4 : 1);
        return {
          size,
          a: normals(size[0] * size[2], first + 7 * T, small('A')),
          b: normals(size[1] * size[2], second + 11 * T, small('B')),
          bias: normals(n, 90 + n, gradient ? 1e-4 : 1),
        };
      };
      return { name, options, at };
    }),
  );
  return { graph: g.build(), products };
}

/** The largest error over what the roundings of operands and sums may add up to, element by element; NaN counts as infinite. */
function worst(
  actual: Float32Array | undefined,
  { options, at }: Product,
  T: number,
  rounds: Rounding,
): number {
  const {
    size: [m, n, k],
    a,
    b,
    bias,
  } = at(T);
  if (actual?.length !== m * n) return Number.POSITIVE_INFINITY;
  // Rows of A and columns of B, each contiguous.
  const left = prepared(a, [m, k], options.transposeA, options.gradient === 'A', rounds.round);
  const right = prepared(b, [n, k], !options.transposeB, options.gradient === 'B', rounds.round);
  let ratio = 0;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = bias[j] as number;
      let magnitude = Math.abs(sum);
      for (let x = 0; x < k; x++) {
        const product = (left[i * k + x] as number) * (right[j * k + x] as number);
        sum += product;
        magnitude += Math.abs(product);
      }
      // Sums in f32: each of K additions, and the bias, rounds what has been added so far.
      const allowed = magnitude * (rounds.ofOperands + 2 * (k + 1) * ofFloat);
      const error = Math.abs((actual[i * n + j] as number) - sum);
      ratio = Math.max(ratio, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / allowed);
    }
  return ratio;
}

/** `[rows, inner]`, from a matrix stored so or, `isTurned`, the other way; rounded as kernels round it. */
function prepared(
  values: Float32Array,
  [rows, inner]: readonly [number, number],
  isTurned: boolean,
  isGradient: boolean,
  round: Rounding['round'],
): Float64Array {
  const own = isGradient ? factor : 1;
  return Float64Array.from({ length: rows * inner }, (_, at) => {
    const from = isTurned ? (at % inner) * rows + Math.floor(at / inner) : at;
    return round((values[from] as number) * own) / own;
  });
}

interface Rounding {
  /** What operands become; the identity where that is not known. */
  readonly round: (value: number) => number;
  /** Relative error of a product of two of them. */
  readonly ofOperands: number;
}

/** To the nearest half, ties to even; for numbers in the half range. */
function nearestHalf(value: number): number {
  if (value === 0) return 0;
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), -14) - 10);
  const units = value / unit;
  const floor = Math.floor(units);
  const rest = units - floor;
  return (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor) * unit;
}

/** A session of halves that infers the graph. */
export async function openHalves(
  gpu: GpuDevice,
  graph: Graph,
  options: Partial<WebGpuSessionOptions>,
): Promise<WebGpuSession> {
  return createWebGpuSession({
    gpu,
    training: idleTrainingGraph(),
    inference: graph,
    capacity,
    precision: 'f16',
    ...options,
  });
}

/** Every product at every T; says which are beyond what `ofOperands` and f32 sums allow. */
async function failures(
  session: WebGpuSession,
  products: readonly Product[],
  rounding: Rounding,
): Promise<string[]> {
  const failed: string[] = [];
  for (const T of tails) {
    const tensors = new Map<string, Float32Array>();
    for (const { name, at } of products) {
      const { a, b, bias } = at(T);
      tensors.set(`${name} a`, a).set(`${name} b`, b).set(`${name} bias`, bias);
    }
    const outputs = await session.infer({ dims: { ...capacity, T }, tensors, seed: 1, ...scales });
    for (const product of products) {
      const ratio = worst(outputs.get(product.name), product, T, rounding);
      if (!(ratio <= 1)) failed.push(`${product.name}, T = ${T}: ${ratio.toFixed(2)} times what is allowed`);
    }
  }
  return failed;
}

/** Whether this device rounds to the nearest half, as most do. */
async function roundsToNearest(gpu: GpuDevice, options: Partial<WebGpuSessionOptions>): Promise<boolean> {
  const g = new GraphBuilder();
  const product = g.one(
    matmul({ transposeA: false, transposeB: false }),
    [g.input('a', ['T', 1], 'f32'), g.input('b', [1, 1], 'f32')],
    'c',
  );
  g.output('c', product);
  const session = await openHalves(gpu, g.build(), options);
  const tensors = new Map([
    ['a', Float32Array.of(1 + 2 ** -11 + 2 ** -13, -1 - 2 ** -11 - 2 ** -13, 1 + 2 ** -12)],
    ['b', Float32Array.of(1)],
  ]);
  const outputs = await session.infer({ dims: { ...capacity, T: 3 }, tensors, seed: 1, ...scales });
  session.dispose();
  return JSON.stringify([...(outputs.get('c') ?? [])]) === JSON.stringify([1 + 2 ** -10, -1 - 2 ** -10, 1]);
}

/** What is beyond the roundings of operands and of sums among these products, at every T. */
export async function wrongProducts(
  gpu: GpuDevice,
  graph: Graph,
  products: readonly Product[],
  options: Partial<WebGpuSessionOptions>,
): Promise<string[]> {
  // Where it is known what operands are rounded to, nothing but the order of the sums is left to differ.
  const rounding = (await roundsToNearest(gpu, options))
    ? { round: nearestHalf, ofOperands: 0 }
    : { round: (value: number) => value, ofOperands: 2 * ofHalf + ofHalf ** 2 };
  const session = await openHalves(gpu, graph, options);
  try {
    return await failures(session, products, rounding);
  } finally {
    session.dispose();
  }
}

/** Every product of the graph by one tile of halves; `splitsOf` says in how many its inner dimension is shared, where it can be. */
export function halvesBy(
  gpu: GpuDevice,
  tile: MatmulTileName,
  graph: Graph,
  splitsOf: (shape: MatmulShape) => number,
): MatmulTable {
  const choices = matmulShapes([graph], capacity).map(
    (shape) => [shapeClass(shape), { tile, splits: shape.splittable ? splitsOf(shape) : 1 }] as const,
  );
  return {
    version: 1,
    adapter: gpu.name,
    precision: 'f16',
    choices: Object.fromEntries(choices),
    peakGflops: 0,
  };
}
