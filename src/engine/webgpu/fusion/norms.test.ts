import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import type { Graph, Tensor } from '../../graph/types.ts';
import { add } from '../../ops/add/op.ts';
import { layerNorm } from '../../ops/layerNorm/op.ts';
import { matmul } from '../../ops/matmul/op.ts';
import { recompute } from '../../plan/recompute.ts';
import { lifetimes } from '../../plan/liveness.ts';
import { compareLowerings } from '../../testing/bothLowerings.ts';
import { layeredGraph } from '../../testing/layeredModel.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import { normsInOperands } from './norms.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';
const capacity = { T: 64, B: 8, R: 64, K: 16 };

/** Names of norms' outputs that live into the backward pass. */
const keptNorms = (graph: Graph) => {
  const outputs = new Set(
    graph.nodes.flatMap(({ operation, outputs: [y] }) => (operation.name === 'layerNorm' && y ? [y.id] : [])),
  );
  return lifetimes(graph, capacity)
    .filter(
      ({ tensor, first, last }) =>
        outputs.has(tensor.id) && first < graph.backwardStart && last >= graph.backwardStart,
    )
    .map(({ tensor }) => tensor.name);
};

test('no norm that products alone read is kept for the backward pass, and no node is added', () => {
  const graph = layeredGraph({ layers: 3 });
  expect(keptNorms(graph)).toHaveLength(2);
  const lean = normsInOperands(graph);
  expect(keptNorms(lean)).toEqual([]);
  expect(lean.nodes).toHaveLength(graph.nodes.length);
});

test('a norm whose input is made again only after the product keeps its output', () => {
  const graph = recompute(layeredGraph({ layers: 3 }), 'layers');
  const lean = normsInOperands(graph);
  const total = (g: Graph) =>
    lifetimes(g, capacity).reduce((sum, { first, last, byteLength }) => sum + (last - first) * byteLength, 0);
  expect(total(lean)).toBeLessThanOrEqual(total(graph));
  for (const { tensor } of lifetimes(graph, capacity)) {
    const of = (g: Graph) => lifetimes(g, capacity).find((life) => life.tensor.id === tensor.id)?.last ?? -1;
    expect(of(lean), tensor.name).toBeLessThanOrEqual(of(graph));
  }
});

describe.skipIf(!gpu)(
  `products over norms that are not stored${gpu ? '' : ` (skipped: ${reason})`}`,
  { timeout: 240_000 },
  () => {
    const parameter = (
      g: GraphBuilder,
      name: string,
      shape: readonly number[],
      role: 'weight' | 'norm' = 'weight',
    ) => g.parameter({ name, shape, group: 'test', role });

    // Both layouts of a Linear (the norm is operand A of one gradient and B of the other), a residual that reads the norm as well, rows of
    // whole vectors and not.
    test.each([
      { lengths: [65, 3], width: 12 },
      { lengths: [1], width: 7 },
    ])(
      'gradients are those of the oracle at width $width over $lengths tokens',
      async ({ lengths, width }) => {
        if (!gpu) return;
        const { dims } = packedFeed({ lengths });
        const feed = packedFeed({
          lengths,
          lossScale: 0.25,
          tensors: new Map([['basis', normals(dims.T * 5, 11)]]),
        });
        const build = (g: GraphBuilder): Tensor => {
          const basis = g.input('basis', ['T', 5], 'f32');
          const x = g.one(
            matmul({ transposeA: false, transposeB: false }),
            [basis, parameter(g, 'w', [5, width])],
            'x',
          );
          const [y] = g.apply(
            layerNorm(1e-5),
            [x, parameter(g, 'gamma', [width], 'norm'), parameter(g, 'beta', [width], 'norm')],
            'norm',
          );
          if (!y) throw new Error('layerNorm has no output');
          const straight = g.one(
            matmul({ transposeA: false, transposeB: false }),
            [y, parameter(g, 'v', [width, width])],
            'straight',
          );
          const turned = g.one(
            matmul({ transposeA: false, transposeB: true }),
            [y, parameter(g, 'u', [width, width])],
            'turned',
          );
          return g.one(add(), [g.one(add(), [straight, turned], 'both'), y], 'sum');
        };
        const errors = await compareLowerings(gpu, build, feed, false);
        expect(errors.size).toBe(8);
        for (const [name, error] of errors) expect(error, name).toBeLessThan(3e-5);
      },
    );
  },
);
