import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import {
  capacity,
  halvesBy,
  openHalves,
  pairs,
  productsGraph,
  scales,
  tails,
  wrongProducts,
} from '../../testing/halfProducts.ts';
import { openExperimentalGpu } from '../../testing/nodeGpu.ts';
import type { WebGpuSessionOptions } from '../../webgpu/session.ts';
import { matmul } from './op.ts';
import { matmulTiles, splitsFor, type MatmulShape, type MatmulTileName } from './tiles.ts';

// Products of real halves, tile by tile and by matrix instructions, against double precision. Only devices with `shader-f16` compute
// them: `npm run test:llvmpipe`, or a card.
const { gpu, ...why } = await openExperimentalGpu();
const hasHalves = gpu?.features.includes('shader-f16') ?? false;
const noHalves = gpu ? `${gpu.name} has no shader-f16` : 'reason' in why ? why.reason : '';
const noMatrices = hasHalves ? 'no matrix instructions on halves' : noHalves;

describe.skipIf(!hasHalves)(
  `products of halves, computed${hasHalves ? '' : ` (skipped: ${noHalves})`}`,
  { timeout: 600_000 },
  () => {
    const names = Object.keys(matmulTiles) as MatmulTileName[];

    test.each(names.map((tile, i) => ({ tile, i })))('by tiles of $tile', async ({ tile, i }) => {
      // An odd size and a whole one a tile, since a kernel of halves takes llvmpipe seconds to compile; over all tiles every pair has its turn.
      const { graph, products } = productsGraph([
        pairs[i % tails.length] ?? [1, 1],
        pairs[tails.length + (i % 3)] ?? [4, 4],
      ]);
      const splitsOf = (shape: MatmulShape) => Math.max(1 + (i % 3), splitsFor(shape, matmulTiles[tile]));
      if (!gpu) return;
      const options = { matmul: halvesBy(gpu, tile, graph, splitsOf) };
      expect(await wrongProducts(gpu, graph, products, options)).toEqual([]);
    });
  },
);

const hasMatrices = hasHalves && Boolean(gpu?.subgroupMatrix);
describe.skipIf(!hasMatrices)(
  `products by matrix instructions, computed${hasMatrices ? '' : ` (skipped: ${noMatrices})`}`,
  { timeout: 600_000 },
  () => {
    test.each([
      [1, pairs],
      [3, pairs.slice(-4)],
    ])('all layouts and tails, the inner dimension in %i', async (splits, sizes) => {
      const { graph, products } = productsGraph(sizes);
      if (!gpu) return;
      const table = halvesBy(gpu, '32x32x32/4x4', graph, () => splits);
      const options = { matmul: table, usesSubgroupMatrices: true };
      expect(await wrongProducts(gpu, graph, products, options)).toEqual([]);
    });
  },
);

describe.skipIf(!gpu)(
  `beyond the half range${gpu ? '' : ` (skipped: ${noHalves})`}`,
  { timeout: 120_000 },
  () => {
    const ways: [string, Partial<WebGpuSessionOptions>][] = [['emulated', { emulatesHalf: true }]];
    if (hasHalves) ways.push(['computed', {}]);
    if (hasMatrices) ways.push(['by matrix instructions', { usesSubgroupMatrices: true }]);

    test.each(ways)(
      'a number becomes infinite with its sign and stays in its row, %s',
      async (_, options) => {
        const g = new GraphBuilder();
        const a = g.input('a', ['T', 4], 'f32');
        const b = g.input('b', [4, 8], 'f32');
        g.output('c', g.one(matmul({ transposeA: false, transposeB: false }), [a, b], 'c'));
        if (!gpu) return;
        const session = await openHalves(gpu, g.build(), options);
        const infinite = Number.POSITIVE_INFINITY;
        const rows = [
          [65504, 0, 0, 0],
          [65536, 0, 0, 0],
          [-1e9, 0, 0, 0],
          [infinite, 0, 0, 0],
          [Number.NaN, 0, 0, 0],
          [1, 2, 3, 4],
        ];
        const tensors = new Map([
          ['a', Float32Array.from(rows.flat())],
          ['b', new Float32Array(32).fill(1)],
        ]);
        const outputs = await session.infer({
          dims: { ...capacity, T: rows.length },
          tensors,
          seed: 1,
          ...scales,
        });
        session.dispose();
        const values = outputs.get('c') ?? new Float32Array();
        const rowOf = (i: number) => Array.from(values.subarray(8 * i, 8 * i + 8));
        for (const [i, expected] of [65504, infinite, -infinite, infinite].entries())
          expect(rowOf(i)).toEqual(Array(8).fill(expected));
        expect(rowOf(4).some(Number.isFinite)).toBe(false);
        expect(rowOf(5)).toEqual(Array(8).fill(10));
      },
    );
  },
);
