import { describe, expect, test } from 'vitest';
import { differentiate } from '../graph/autodiff.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Dims, Graph } from '../graph/types.ts';
import { createOnnxSession } from '../onnx/session.ts';
import { activation } from '../ops/activation/op.ts';
import { add } from '../ops/add/op.ts';
import { addBias } from '../ops/addBias/op.ts';
import { attention } from '../ops/attention/op.ts';
import { bceWithLogits } from '../ops/bceWithLogits/op.ts';
import { dropout } from '../ops/dropout/op.ts';
import { embedding } from '../ops/embedding/op.ts';
import { layerNorm } from '../ops/layerNorm/op.ts';
import { matmul } from '../ops/matmul/op.ts';
import { maxAttentionBlocks } from '../ops/packing.ts';
import { takeRows } from '../ops/takeRows/op.ts';
import type { EngineSession } from '../session.ts';
import { idleTrainingGraph } from '../testing/oneOp.ts';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { normals, packedFeed, packedInputs } from '../testing/packed.ts';
import { createWebGpuSession } from './session.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

/** Rows below, at and above the sizes that kernels are cut by, and one beyond several of them. */
const grid = [1, 3, 63, 64, 65, 127, 513];
const capacity: Dims = { T: 513, B: 2, R: 1026, K: maxAttentionBlocks(513, 2) };

/** Every family of kernels that walks rows, in one graph, so that one session meets every length. Width 12 and 10: vectors and not. */
function everything(withAttention: boolean): Graph {
  const g = new GraphBuilder();
  const parameter = (name: string, shape: readonly number[]) =>
    g.parameter({ name, shape, group: 'test', role: 'weight' });
  const { ids, order, blocks, summaryRows } = packedInputs(g);
  const embedded = g.one(embedding(), [parameter('table', [11, 12]), ids, order], 'embedded');
  const biased = g.one(addBias(), [embedded, parameter('bias', [12])], 'biased');
  const active = g.one(activation('gelu'), [biased], 'active');
  const dropped = g.one(dropout({ rate: 0.25, salt: 3 }), [active], 'dropped');
  const [normed = dropped] = g.apply(
    layerNorm(1e-5),
    [g.one(add(), [dropped, embedded], 'sum'), parameter('gamma', [12]), parameter('beta', [12])],
    'norm',
  );
  const narrow = g.one(
    matmul({ transposeA: false, transposeB: false }),
    [normed, parameter('down', [12, 10])],
    'narrow',
  );
  const wide = g.one(
    matmul({ transposeA: false, transposeB: true }),
    [narrow, parameter('up', [24, 10])],
    'wide',
  );
  const seen = withAttention
    ? g.one(
        attention({ heads: 1, headSize: 8, causal: false, rate: 0.1, salt: 4, relative: null }),
        [wide, blocks],
        'seen',
      )
    : wide;
  const rows = g.one(takeRows(), [seen, summaryRows], 'rows');
  const result = g.one(
    matmul({ transposeA: false, transposeB: false }),
    [rows, parameter('head', [withAttention ? 8 : 24, 3])],
    'result',
  );
  g.output('result', result);
  g.output('wide', wide);
  const [loss] = g.apply(bceWithLogits(), [result, g.input('targets', ['B', 3], 'f32')], 'loss');
  if (!loss) throw new Error('bceWithLogits has no loss');
  g.output('loss', loss);
  differentiate(g, loss);
  return g.build();
}

async function outcome(session: EngineSession, tokens: number): Promise<Map<string, Float32Array>> {
  // The last row alone where there is one, else a second sequence of one token: borders inside and at the end.
  const lengths = tokens > 2 ? [tokens - 1, 1] : [tokens];
  const targets = normals(lengths.length * 3, 7).map((x) => (x > 0 ? 1 : 0));
  const feed = packedFeed({ lengths, reach: 513, lossScale: 0.5, tensors: new Map([['targets', targets]]) });
  const { loss } = await session.step([feed, { ...feed, tensors: new Map(feed.tensors) }], null);
  const values = new Map<string, Float32Array>([['loss', Float32Array.of(loss)]]);
  for (const name of ['result', 'wide'])
    values.set(name, Float32Array.from(await session.trainingOutput(name)));
  for (const name of session.trained)
    values.set(`grad.${name}`, Float32Array.from(await session.read('gradient', name)));
  return values;
}

/** Largest difference over the largest magnitude, or over `floor` where that is larger. */
function difference(actual: Float32Array, expected: Float32Array, floor: number): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  let magnitude = floor;
  expected.forEach((value, i) => {
    const gap = Math.abs((actual[i] as number) - value);
    if (!(gap <= most)) most = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
    magnitude = Math.max(magnitude, Math.abs(value));
  });
  return most / magnitude;
}

describe.skipIf(!gpu)(`rows with tails${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 300_000 }, () => {
  test.each([
    { family: 'own', avoidsBarriers: undefined, withAttention: true },
    // Tiled attention has its tails in kernels.test.ts: its kernels take seconds each to compile here.
    { family: 'tiled', avoidsBarriers: false, withAttention: false },
  ])(
    `${grid.join(', ')}: the $family kernels agree with the oracle`,
    async ({ avoidsBarriers, withAttention }) => {
      if (!gpu) return;
      const options = { training: everything(withAttention), inference: idleTrainingGraph(), capacity };
      const oracle = await createOnnxSession(options);
      const ours = await createWebGpuSession({
        gpu,
        ...options,
        ...(avoidsBarriers === undefined ? {} : { avoidsBarriers }),
      });
      try {
        for (const session of [oracle, ours])
          for (const [i, { tensor, shape }] of session.parameters.entries())
            await session.write(
              'parameter',
              tensor.name,
              normals(
                shape.reduce((a, b) => a * b, 1),
                100 + i,
                0.5,
              ),
            );
        for (const tokens of grid) {
          const expected = await outcome(oracle, tokens);
          const actual = await outcome(ours, tokens);
          const largest = Math.max(
            ...[...expected]
              .filter(([name]) => name.startsWith('grad'))
              .map(([, v]) => Math.max(...v.map(Math.abs))),
          );
          for (const [name, values] of expected)
            expect(
              difference(actual.get(name) ?? new Float32Array(), values, 0.01 * largest),
              `${name}, ${tokens} rows`,
            ).toBeLessThan(3e-5);
        }
      } finally {
        oracle.dispose();
        ours.dispose();
      }
    },
  );
});
