import { describe, expect, test } from 'vitest';
import { differentiate } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import type { Dims, Tensor } from '../../graph/types.ts';
import { relativeError } from '../../testing/compare.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { idleTrainingGraph } from '../../testing/oneOp.ts';
import { normals } from '../../testing/packed.ts';
import { openDevice } from '../../webgpu/device.ts';
import { createWebGpuSession, type WebGpuSessionOptions } from '../../webgpu/session.ts';
import { addBias } from '../addBias/op.ts';
import { bceWithLogits } from '../bceWithLogits/op.ts';
import { matmul } from './op.ts';
import type { MatmulOptions } from './options.ts';
import { sharingOf, takenFrom } from './registers.ts';
import {
  choiceFor,
  fallbackChoice,
  matmulTiles,
  shapeClass,
  splitsFor,
  type MatmulChoice,
  type MatmulShape,
  type MatmulTable,
  type MatmulTileName,
} from './tiles.ts';

const tileNames = Object.keys(matmulTiles) as MatmulTileName[];

describe('tiles', () => {
  test.each(tileNames)('%s stays within what every device grants', (name) => {
    const { rows, columns, threadRows, threadColumns, inner, buffers } = matmulTiles[name];
    expect((rows / threadRows) * (columns / threadColumns)).toBeLessThanOrEqual(256);
    expect((rows + columns) * inner * 4 * buffers).toBeLessThanOrEqual(16384);
  });

  test('without measurements: few parts of C mean small tiles, and a split where C has a fixed size', () => {
    const shape = (rows: number, columns: number, inner: number, splittable: boolean): MatmulShape => ({
      rows,
      columns,
      inner,
      transposeA: splittable,
      transposeB: !splittable,
      splittable,
    });
    expect(fallbackChoice(shape(4096, 3072, 768, false))).toEqual({ tile: '128x64x16/8x4', splits: 1 });
    expect(fallbackChoice(shape(256, 768, 768, false))).toEqual({ tile: '64x64x16/4x4', splits: 1 });
    expect(fallbackChoice(shape(4096, 20, 768, false)).tile).toBe('32x32x32/4x4');
    expect(fallbackChoice(shape(256, 256, 4096, true))).toEqual({ tile: '64x64x16/4x4', splits: 6 });
    expect(splitsFor(shape(256, 256, 300, true), matmulTiles['64x64x16/4x4'])).toBe(1);
  });
});

/** In double precision, one number at a time. */
function reference(a: Float32Array, b: Float32Array, [m, n, k]: Size, options: MatmulOptions): Float32Array {
  const c = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let x = 0; x < k; x++) {
        const left = a[options.transposeA ? x * m + i : i * k + x] as number;
        sum += left * (b[options.transposeB ? j * k + x : x * n + j] as number);
      }
      c[i * n + j] = sum;
    }
  }
  return c;
}

type Size = readonly [m: number, n: number, k: number];

interface Case {
  readonly choice: MatmulChoice;
  readonly size: Size;
  readonly options: MatmulOptions;
  /** Rows of C follow T; else everything is fixed. */
  readonly symbolic: boolean;
}

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

describe.skipIf(!gpu)(
  `every tile against double precision${gpu ? '' : ` (skipped: ${reason})`}`,
  { timeout: 300_000 },
  () => {
    const tokens = 133;
    const nn = { transposeA: false, transposeB: false };
    const nt = { transposeA: false, transposeB: true };
    const tn = { transposeA: true, transposeB: false };
    // Each product is of a class of its own, so that one table gives each its tile; sizes have tails against every tile.
    const cases: Case[] = [
      { choice: { tile: '32x32x32/4x4', splits: 1 }, size: [tokens, 33, 7], options: nn, symbolic: true },
      { choice: { tile: '64x64x16/4x4', splits: 1 }, size: [tokens, 68, 12], options: nt, symbolic: true },
      { choice: { tile: '64x64x32/4x4', splits: 1 }, size: [66, 68, tokens], options: tn, symbolic: false },
      { choice: { tile: '64x64x16/8x8', splits: 1 }, size: [tokens, 132, 36], options: nt, symbolic: true },
      {
        choice: { tile: '64x64x16/8x4 double', splits: 1 },
        size: [tokens, 65, 65],
        options: nn,
        symbolic: true,
      },
      { choice: { tile: '128x64x16/8x4', splits: 1 }, size: [130, 60, tokens], options: tn, symbolic: false },
      {
        choice: { tile: '128x64x8/8x8 double', splits: 1 },
        size: [tokens, 72, 40],
        options: nt,
        symbolic: true,
      },
      { choice: { tile: '128x128x16/8x8', splits: 1 }, size: [tokens, 140, 20], options: nn, symbolic: true },
      {
        choice: { tile: '128x128x8/8x8 double', splits: 1 },
        size: [132, 136, tokens],
        options: tn,
        symbolic: false,
      },
      // The inner dimension shared by three workgroups, the last of which has the tail; and by more than there are pieces.
      { choice: { tile: '32x32x32/4x4', splits: 3 }, size: [20, 36, tokens], options: tn, symbolic: false },
      { choice: { tile: '32x32x32/4x4', splits: 7 }, size: [9, 5, tokens], options: tn, symbolic: false },
    ];

    test('all layouts, tails, split sums, each with a bias in its epilogue', async () => {
      if (!gpu) return;
      const capacity: Dims = { T: 150, B: 1, R: 2, K: 1 };
      const dims: Dims = { ...capacity, T: tokens };
      const g = new GraphBuilder();
      const choices: Record<string, MatmulChoice> = {};
      const tensors = new Map<string, Float32Array>();
      const expected = cases.map(({ choice, size, options, symbolic }, i) => {
        const [m, n, k] = size;
        const rows = symbolic ? ('T' as const) : m;
        const inner = symbolic ? k : ('T' as const);
        const data = (name: string, shape: Tensor['shape'], count: number, seed: number) => {
          tensors.set(`${name}.${i}`, normals(count, seed));
          return g.input(`${name}.${i}`, shape, 'f32');
        };
        const a = data('a', options.transposeA ? [inner, rows] : [rows, inner], m * k, 10 + i);
        const b = data('b', options.transposeB ? [n, inner] : [inner, n], k * n, 50 + i);
        const bias = data('bias', [n], n, 90 + i);
        const product = g.one(matmul(options), [a, b], `product.${i}`);
        g.output(`c.${i}`, g.one(addBias(), [product, bias], `biased.${i}`));
        const key = shapeClass({
          ...options,
          rows: symbolic ? capacity.T : m,
          columns: n,
          inner: symbolic ? k : capacity.T,
          splittable: !symbolic,
        });
        expect(choices[key], key).toBeUndefined();
        choices[key] = choice;
        const [left, right] = [tensors.get(`a.${i}`), tensors.get(`b.${i}`)];
        const values = reference(left ?? new Float32Array(), right ?? new Float32Array(), size, options);
        return values.map((value, at) => value + (tensors.get(`bias.${i}`)?.[at % n] ?? 0));
      });
      const matmulTable: MatmulTable = {
        version: 1,
        adapter: gpu.name,
        precision: 'f32',
        choices,
        peakGflops: 0,
      };
      const graph = g.build();
      const products = graph.nodes.filter(({ operation }) => operation.productShape);
      for (const [i, node] of products.entries()) {
        const shape = node.operation.productShape?.(node, capacity);
        expect(shape && choiceFor(shape, { capacity, avoidsBarriers: false, matmul: matmulTable })).toEqual(
          cases[i]?.choice,
        );
      }
      const outputsOf = async (options: Partial<WebGpuSessionOptions>) => {
        const session = await createWebGpuSession({
          gpu,
          training: idleTrainingGraph(),
          inference: graph,
          capacity,
          matmul: matmulTable,
          ...options,
        });
        try {
          const outputs = await session.infer({ dims, tensors, seed: 1, lossScale: 1 });
          for (const [i, values] of expected.entries()) {
            const error = relativeError(outputs.get(`c.${i}`) ?? [], values);
            expect(error, `${cases[i]?.choice.tile}, ${cases[i]?.size.join(' × ')}`).toBeLessThan(2e-6);
          }
          return outputs;
        } finally {
          session.dispose();
        }
      };
      await outputsOf({ avoidsBarriers: false });
      // Without barriers: each thread for itself, and, where subgroups have one size, reads of A shared. The order of the sums is one.
      const alone = await outputsOf({ avoidsBarriers: true, gpu: { ...gpu, subgroups: null } });
      expect(await outputsOf({ avoidsBarriers: true })).toEqual(alone);
    });
  },
);

describe('sharing reads of A', () => {
  test.each([4, 8, 16, 32, 64])(
    'in subgroups of %i every vector comes from the thread that read it',
    (size) => {
      const sharing = sharingOf(size);
      if (!sharing) throw new Error('not shared');
      const { sharers } = sharing;
      for (const rows of [8, 16]) {
        // Stored rows: read own + sharers · x is row number r. Stored columns: inner column part % 4 of quad sharers / 4 · x + part / 4.
        for (let r = 0; r < rows; r++) {
          const { own, lane } = takenFrom(r, sharers);
          expect(sharers * own + lane).toBe(r);
          expect(own).toBeLessThan(rows / sharers);
        }
        for (let k = 0; k < 4; k++)
          for (let quad = 0; quad < rows / 4; quad++) {
            const { own, lane } = takenFrom(4 * quad + k, sharers);
            expect([lane % 4, (sharers / 4) * own + Math.floor(lane / 4)]).toEqual([k, quad]);
          }
      }
    },
  );

  test('nobody shares where the size varies, is unknown or below four', () => {
    for (const size of [null, undefined, 1, 2, 12]) expect(sharingOf(size)).toBeNull();
  });
});

describe('half precision', () => {
  test('is refused where the device has none', async () => {
    if (!gpu || gpu.features.includes('shader-f16')) return;
    const graph = idleTrainingGraph();
    const capacity: Dims = { T: 1, B: 1, R: 2, K: 1 };
    await expect(
      createWebGpuSession({ gpu, training: graph, inference: graph, capacity, precision: 'f16' }),
    ).rejects.toMatchObject({ code: 'limit-too-small' });
  });

  // Few adapters compute in half precision (computedHalves.test.ts): Dawn's null adapter, which computes nothing, checks the shaders.
  test('kernels are valid WGSL, forward and backward', async () => {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    const instance = create(['backend=null']);
    const device = await openDevice(instance, false);
    expect(device.features).toContain('shader-f16');
    const g = new GraphBuilder();
    const parameter = (name: string, shape: readonly number[]) =>
      g.parameter({ name, shape, group: 'test', role: 'weight' });
    const x = g.input('x', ['T', 12], 'f32');
    const hidden = g.one(
      matmul({ transposeA: false, transposeB: true }),
      [x, parameter('up', [70, 12])],
      'hidden',
    );
    const logits = g.one(
      matmul({ transposeA: false, transposeB: false }),
      [hidden, parameter('down', [70, 3])],
      'y',
    );
    const [loss] = g.apply(bceWithLogits(), [logits, g.input('targets', ['T', 3], 'f32')], 'loss');
    if (!loss) throw new Error('bceWithLogits has no loss');
    differentiate(g, loss);
    const session = await createWebGpuSession({
      gpu: device,
      training: g.build(),
      inference: idleTrainingGraph(),
      capacity: { T: 300, B: 1, R: 2, K: 1 },
      precision: 'f16',
      avoidsBarriers: false,
    });
    expect(session.plan.dispatches).toBeGreaterThan(6);
    session.dispose();
  });
});
