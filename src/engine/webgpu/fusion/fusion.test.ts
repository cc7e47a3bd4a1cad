import { describe, expect, test } from 'vitest';
import { differentiate } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import type { Graph, Tensor } from '../../graph/types.ts';
import { activation } from '../../ops/activation/op.ts';
import { add } from '../../ops/add/op.ts';
import { addBias } from '../../ops/addBias/op.ts';
import { bceWithLogits } from '../../ops/bceWithLogits/op.ts';
import { dropout } from '../../ops/dropout/op.ts';
import { layerNorm } from '../../ops/layerNorm/op.ts';
import { matmul } from '../../ops/matmul/op.ts';
import { relativeError } from '../../testing/compare.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { idleTrainingGraph } from '../../testing/oneOp.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import { createWebGpuSession } from '../session.ts';
import { fuse } from './fuse.ts';

const plain = { transposeA: false, transposeB: false };
const linear = { transposeA: false, transposeB: true };

/** A transformer's feed-forward block with everything that can be fused, trained against random targets. */
function feedForward(width: number): Graph {
  const g = new GraphBuilder();
  const parameter = (name: string, shape: readonly number[]) =>
    g.parameter({ name, shape, group: 'test', role: 'weight' });
  const x = g.one(matmul(plain), [g.input('basis', ['T', 5], 'f32'), parameter('x', [5, width])], 'x.rows');
  const inner = 2 * width;
  const up = g.one(
    addBias(),
    [g.one(matmul(linear), [x, parameter('up', [inner, width])], 'up.product'), parameter('upBias', [inner])],
    'up',
  );
  const active = g.one(dropout({ rate: 0.25, salt: 1 }), [g.one(activation('gelu'), [up], 'gelu')], 'active');
  const down = g.one(
    addBias(),
    [
      g.one(matmul(linear), [active, parameter('down', [width, inner])], 'down.product'),
      parameter('downBias', [width]),
    ],
    'down',
  );
  const sum = g.one(add(), [g.one(dropout({ rate: 0.25, salt: 2 }), [down], 'down.dropped'), x], 'sum');
  const norm = g.one(layerNorm(1e-5), [sum, parameter('gamma', [width]), parameter('beta', [width])], 'norm');
  g.output('result', norm);
  const [loss] = g.apply(bceWithLogits(), [norm, g.input('targets', ['T', width], 'f32')], 'loss');
  if (!loss) throw new Error('bceWithLogits has no loss');
  g.output('loss', loss);
  differentiate(g, loss);
  return g.build();
}

const names = (graph: Graph) => graph.nodes.map((node) => node.operation.name);
const made = (graph: Graph) => new Set(graph.nodes.flatMap((node) => node.outputs.map(({ name }) => name)));

describe('the fusion pass', () => {
  test('a block becomes one kernel a matrix product; only what the backward pass reads is stored', () => {
    const graph = feedForward(12);
    const fused = fuse(graph);
    expect(names(fused).slice(0, fused.backwardStart)).toEqual([
      'matmul',
      'fused(matmul + addBias + activation.gelu + dropout)',
      'fused(matmul + addBias + dropout + add)',
      'layerNorm',
      'bceWithLogits',
    ]);
    expect(names(fused)).toContain('fused(matmul + dropout + activationGradient.gelu)');
    expect(names(fused)).toContain('fused(layerNormInputGradient + dropout)');
    // The pre-activation is read again by gelu's gradient, the dropped activation by the next product and its weight's gradient.
    expect([...made(fused)]).toEqual(expect.arrayContaining(['up', 'active', 'sum']));
    for (const gone of ['up.product', 'gelu', 'down.product', 'down', 'down.dropped'])
      expect(made(graph).has(gone) && !made(fused).has(gone), gone).toBe(true);
  });

  test('every tensor is made before it is read, and outputs and gradients stay', () => {
    const graph = feedForward(12);
    const fused = fuse(graph);
    const known = new Set<number>(
      [...graph.inputs, ...graph.parameters.map(({ tensor }) => tensor)].map((tensor) => tensor.id),
    );
    for (const node of fused.nodes) {
      for (const tensor of node.inputs) expect(known.has(tensor.id), tensor.name).toBe(true);
      for (const tensor of node.outputs) known.add(tensor.id);
    }
    for (const tensor of [...graph.outputs.values(), ...graph.gradients.values()])
      expect(known.has(tensor.id), tensor.name).toBe(true);
  });

  test('a chain ends before a kernel would bind more than eight buffers', () => {
    const g = new GraphBuilder();
    const other = (i: number) => g.input(`other.${i}`, ['T', 4], 'f32');
    let y: Tensor = other(0);
    for (let i = 1; i <= 12; i++) y = g.one(add(), [y, other(i)], `sum.${i}`);
    g.output('y', y);
    const fused = fuse(g.build());
    expect(fused.nodes.length).toBe(2);
    for (const node of fused.nodes) expect(node.inputs.length + node.outputs.length).toBeLessThanOrEqual(8);
  });

  test('a value that somebody reads in between is not held back for a later node', () => {
    const g = new GraphBuilder();
    const x = g.input('x', ['T', 4], 'f32');
    const w = g.parameter({ name: 'w', shape: [4, 4], group: 'test', role: 'weight' });
    const product = g.one(matmul(plain), [x, w], 'product');
    const read = g.one(matmul(plain), [product, w], 'read');
    const late = g.one(activation('relu'), [product], 'late');
    g.output('y', g.one(add(), [read, late], 'y'));
    expect(names(fuse(g.build()))).toEqual(['matmul', 'matmul', 'fused(activation.relu + add)']);
  });
});

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

describe.skipIf(!gpu)(
  `fused equals unfused${gpu ? '' : ` (skipped: ${reason})`}`,
  { timeout: 240_000 },
  () => {
    test.each([
      { width: 12, avoidsBarriers: true },
      { width: 10, avoidsBarriers: true },
      { width: 12, avoidsBarriers: false },
    ])('width $width, without barriers $avoidsBarriers', async ({ width, avoidsBarriers }) => {
      if (!gpu) return;
      const lengths = [33, 17, 2];
      const total = 52;
      const feed = packedFeed({
        lengths,
        seed: 5,
        lossScale: 1 / total,
        tensors: new Map([
          ['basis', normals(total * 5, 11)],
          ['targets', normals(total * width, 12).map((x) => (x > 0 ? 1 : 0))],
        ]),
      });
      const training = feedForward(width);
      const run = async (isFused: boolean) => {
        const session = await createWebGpuSession({
          gpu,
          training,
          inference: idleTrainingGraph(),
          capacity: feed.dims,
          avoidsBarriers,
          isFused,
        });
        try {
          for (const [i, { tensor, shape }] of session.parameters.entries()) {
            const count = shape.reduce((a, b) => a * b, 1);
            await session.write('parameter', tensor.name, normals(count, 100 + i, 0.5));
          }
          const { loss } = await session.step([feed, { ...feed, seed: 6 }], null);
          const values = new Map([
            ['loss', Float32Array.of(loss)],
            ['result', await session.trainingOutput('result')],
          ]);
          for (const name of session.trained) values.set(name, await session.read('gradient', name));
          return { values, dispatches: session.plan.dispatches };
        } finally {
          session.dispose();
        }
      };
      const [fused, unfused] = [await run(true), await run(false)];
      // Kernels with barriers take this software adapter seconds to compile: repeating is shown without.
      const again = avoidsBarriers ? await run(true) : fused;
      expect(fused.dispatches).toBeLessThan(unfused.dispatches);
      for (const [name, values] of unfused.values) {
        // Float32, same order of sums: what differs is what the compiler contracts into one rounding.
        expect(relativeError(fused.values.get(name) ?? [], values), name).toBeLessThan(3e-6);
        expect(again.values.get(name), name).toEqual(fused.values.get(name));
      }
    });
  },
);
