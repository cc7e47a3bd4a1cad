import { describe, expect, test } from 'vitest';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Tensor } from '../graph/types.ts';
import { activation } from '../ops/activation/op.ts';
import { activationKinds } from '../ops/activation/options.ts';
import { add } from '../ops/add/op.ts';
import { addBias } from '../ops/addBias/op.ts';
import { dropout } from '../ops/dropout/op.ts';
import { embedding } from '../ops/embedding/op.ts';
import { layerNorm } from '../ops/layerNorm/op.ts';
import { matmul } from '../ops/matmul/op.ts';
import { attention } from '../ops/attention/op.ts';
import type { RelativeForm } from '../ops/attention/options.ts';
import { takeRows } from '../ops/takeRows/op.ts';
import type { Feed } from '../session.ts';
import { compareLowerings } from '../testing/bothLowerings.ts';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { normals, packedFeed, packedInputs } from '../testing/packed.ts';

// Every kernel, forward and backward, against its ONNX lowering, over shapes with tails. Both are float32: what differs is the
// order of sums, so the tolerance is a few hundred roundings of the tensor's largest element.
const tolerance = 3e-5;

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';
const basis = 5;
const plain = { transposeA: false, transposeB: false };

function feedOf(lengths: readonly number[], reach = Math.max(...lengths)): Feed {
  const { dims } = packedFeed({ lengths, reach });
  return packedFeed({
    lengths,
    seed: lengths.length,
    reach,
    lossScale: 0.25,
    reversed: lengths.map((_, b) => b % 2 === 0),
    tensors: new Map([
      ['tokenBasis', normals(dims.T * basis, 11)],
      ['distanceBasis', normals(dims.R * basis, 12)],
    ]),
  });
}

const parameter = (g: GraphBuilder, name: string, shape: readonly number[]): Tensor =>
  g.parameter({ name, shape, group: 'test', role: 'weight' });

/** A `[T, width]` tensor that depends on a parameter. */
const tokens = (g: GraphBuilder, name: string, width: number): Tensor =>
  g.one(
    matmul(plain),
    [g.input('tokenBasis', ['T', basis], 'f32'), parameter(g, name, [basis, width])],
    `${name}.rows`,
  );

async function expectAgreement(
  build: (g: GraphBuilder) => Tensor,
  feed: Feed,
  avoidsBarriers?: boolean,
): Promise<void> {
  if (!gpu) return;
  const disagreement = await compareLowerings(gpu, build, feed, avoidsBarriers);
  expect(disagreement.size).toBeGreaterThan(2);
  for (const [name, error] of disagreement) expect(error, name).toBeLessThan(tolerance);
}

describe.skipIf(!gpu)(
  `kernels agree with their ONNX lowerings${gpu ? '' : ` (skipped: ${reason})`}`,
  { timeout: 240_000 },
  () => {
    const tails = [65, 17, 3, 1, 127, 64, 63, 16, 15];
    const lengthsWithTails = [[1], [3], [63], [64, 1], [65, 17, 2], [127, 33, 16, 15]];

    test.each([
      [1, 4],
      [3, 5],
      [64, 64],
      [65, 33],
      [130, 127],
      // Enough rows of a weight's gradient for the largest tile without workgroup memory.
      [250, 36],
    ])('matmul, all layouts, K %i and N %i', async (inner, columns) => {
      await expectAgreement(
        (g) => {
          const x = tokens(g, 'x', inner);
          const straight = g.one(matmul(plain), [x, parameter(g, 'w', [inner, columns])], 'straight');
          return g.one(
            matmul({ transposeA: false, transposeB: true }),
            [straight, parameter(g, 'v', [7, columns])],
            'back',
          );
        },
        feedOf([65, 17, 2]),
      );
    });

    test.each(lengthsWithTails)('elementwise ops, bias and norm over %i ... tokens', async (...lengths) => {
      for (const width of [3, 8]) {
        await expectAgreement((g) => {
          const x = g.one(addBias(), [tokens(g, 'x', width), parameter(g, 'bias', [width])], 'biased');
          const y = g.one(dropout({ rate: 0.25, salt: 3 }), [x], 'dropped');
          const norm = [parameter(g, 'gamma', [width]), parameter(g, 'beta', [width])];
          return g.one(layerNorm(1e-5), [g.one(add(), [y, tokens(g, 'z', width)], 'sum'), ...norm], 'norm');
        }, feedOf(lengths));
      }
    });

    test.each(activationKinds)('activation %s', async (kind) => {
      await expectAgreement((g) => g.one(activation(kind), [tokens(g, 'x', 12)], 'y'), feedOf([33, 5]));
    });

    test('embedding and rows: repeated ids are summed, absent ones stay zero', async () => {
      await expectAgreement(
        (g) => {
          const { ids, order, summaryRows } = packedInputs(g);
          const x = g.one(embedding(), [parameter(g, 'table', [40, 6]), ids, order], 'x');
          const rows = g.one(takeRows(), [x, summaryRows], 'rows');
          return g.one(matmul(plain), [rows, parameter(g, 'head', [6, 3])], 'y');
        },
        feedOf([65, 17, 2, 1]),
      );
    });

    test.each([
      { headSize: 16, heads: 2, causal: false, rate: 0, lengths: [1] },
      { headSize: 3, heads: 2, causal: false, rate: 0, lengths: [5, 16, 17] },
      { headSize: 32, heads: 4, causal: false, rate: 0.1, lengths: [33, 15, 1, 40] },
      { headSize: 64, heads: 1, causal: true, rate: 0, lengths: [31, 64, 2] },
      { headSize: 72, heads: 1, causal: true, rate: 0.2, lengths: [18] },
      { headSize: 128, heads: 1, causal: false, rate: 0, lengths: [20, 16] },
      { headSize: 8, heads: 2, causal: false, rate: 0, lengths: tails },
      {
        headSize: 8,
        heads: 2,
        causal: false,
        rate: 0.1,
        lengths: [65, 17, 1],
        relative: { segments: true, reversible: true },
      },
      { headSize: 32, heads: 2, causal: false, rate: 0.1, lengths: [33, 15, 1], relative: null },
    ])('relative attention $heads × $headSize, causal $causal, dropout $rate, $lengths', async (options) => {
      // A table that reaches farther than the longest sequence, as rounded-up lengths make it.
      await expectAgreement(
        (g) => attended(g, options),
        feedOf(options.lengths, Math.max(...options.lengths) + 3),
      );
    });

    // On a software adapter the cases above ran the kernels without workgroup memory; graphics cards run these.
    test.each([
      [1, 5],
      [65, 33],
      [130, 127],
    ])('tiled matmul and norm, K %i and N %i', async (inner, columns) => {
      await expectAgreement(
        (g) => {
          const x = tokens(g, 'x', inner);
          const straight = g.one(matmul(plain), [x, parameter(g, 'w', [inner, columns])], 'straight');
          const back = g.one(
            matmul({ transposeA: false, transposeB: true }),
            [straight, parameter(g, 'v', [8, columns])],
            'back',
          );
          return g.one(
            layerNorm(1e-5),
            [back, parameter(g, 'gamma', [8]), parameter(g, 'beta', [8])],
            'norm',
          );
        },
        feedOf([65, 17, 2]),
        false,
      );
    });

    test.each([
      // Distances in one part, and their order reversed in every other sequence.
      {
        headSize: 32,
        heads: 2,
        causal: false,
        rate: 0.1,
        lengths: tails,
        relative: { segments: true, reversible: true },
      },
      // Many short sequences: the distances pass is cut into parts.
      { headSize: 64, heads: 1, causal: true, rate: 0, lengths: [17, 16, 15, 3, 1, 17, 16, 15, 17] },
      // A head size that fills no chunk of a tile.
      { headSize: 20, heads: 3, causal: false, rate: 0, lengths: [40, 33] },
      { headSize: 128, heads: 1, causal: false, rate: 0, lengths: [20, 16] },
      { headSize: 32, heads: 2, causal: true, rate: 0.1, lengths: [33, 15, 1], relative: null },
    ])(
      'tiled relative attention $heads × $headSize, causal $causal, dropout $rate, $lengths',
      async (options) => {
        await expectAgreement(
          (g) => attended(g, options),
          feedOf(options.lengths, Math.max(...options.lengths) + 3),
          false,
        );
      },
    );
  },
);

interface AttentionCase {
  readonly heads: number;
  readonly headSize: number;
  readonly causal: boolean;
  readonly rate: number;
  readonly relative?: RelativeForm | null;
}

function attended(
  g: GraphBuilder,
  { heads, headSize, causal, rate, relative = { segments: true } }: AttentionCase,
): Tensor {
  const width = heads * headSize;
  const { segments, blocks } = packedInputs(g);
  const form = { heads, headSize, causal, rate, salt: 4, relative };
  const qkv = tokens(g, 'qkv', 3 * width);
  if (!relative) return g.one(attention(form), [qkv, blocks], 'o');
  const distances = g.input('distanceBasis', ['R', basis], 'f32');
  const r = g.one(matmul(plain), [distances, parameter(g, 'r', [basis, width])], 'r.rows');
  const inputs = [
    qkv,
    r,
    parameter(g, 'biases', [3, width]),
    parameter(g, 'segments', [2, width]),
    segments,
    blocks,
  ];
  return g.one(attention(form), inputs, 'o');
}
