import { describe, expect, test } from 'vitest';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Dims, Tensor } from '../graph/types.ts';
import { activation } from '../ops/activation/op.ts';
import { activationKinds } from '../ops/activation/options.ts';
import { add } from '../ops/add/op.ts';
import { addBias } from '../ops/addBias/op.ts';
import { dropout } from '../ops/dropout/op.ts';
import { embedding } from '../ops/embedding/op.ts';
import { layerNorm } from '../ops/layerNorm/op.ts';
import { matmul } from '../ops/matmul/op.ts';
import { attention } from '../ops/attention/op.ts';
import type { AttentionOptions } from '../ops/attention/options.ts';
import { takeRows } from '../ops/takeRows/op.ts';
import type { Feed } from '../session.ts';
import { verdict, worstGradientError } from '../testing/gradientCheck.ts';
import { normals, packedFeed, packedInputs } from '../testing/packed.ts';

// Every gradient rule with its ONNX lowering against central finite differences. In float64 the two differ by the step's
// truncation (h² = 1e-10); erf has no float64 kernel in the runtime, so exact GELU is checked in float32.
const doubleTolerance = 1e-6;
const singleTolerance = 5e-3;

const basisWidth = 7;

/** A feed with what `tokens` and `distances` need. */
function feedOf(lengths: readonly number[], reach?: number): Feed {
  const sizes: Dims = packedFeed({ lengths, ...(reach === undefined ? {} : { reach }) }).dims;
  return packedFeed({
    lengths,
    seed: 3,
    lossScale: 0.125,
    reversed: lengths.map((_, b) => b % 2 === 0),
    ...(reach === undefined ? {} : { reach }),
    tensors: new Map([
      ['tokenBasis', normals(sizes.T * basisWidth, 11)],
      ['distanceBasis', normals(sizes.R * basisWidth, 12)],
    ]),
  });
}

const plain = { transposeA: false, transposeB: false };

/** A `[T, width]` tensor that depends on a parameter: parameters themselves have no symbolic size. */
function tokens(graph: GraphBuilder, name: string, width: number): Tensor {
  const weight = graph.parameter({ name, shape: [basisWidth, width], group: 'test', role: 'weight' });
  return graph.one(
    matmul(plain),
    [graph.input('tokenBasis', ['T', basisWidth], 'f32'), weight],
    `${name}.tokens`,
  );
}

function parameter(graph: GraphBuilder, name: string, shape: readonly number[]): Tensor {
  return graph.parameter({ name, shape, group: 'test', role: 'weight' });
}

const lengths = [5, 1, 19, 8];

describe('gradients agree with finite differences', () => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('matmul, transposes %s %s, sizes with tails', async (transposeA, transposeB) => {
    const worst = await worstGradientError({
      feed: feedOf(lengths),
      build: (graph) =>
        graph.one(
          matmul({ transposeA, transposeB }),
          [
            parameter(graph, 'a', transposeA ? [9, 13] : [13, 9]),
            parameter(graph, 'b', transposeB ? [5, 9] : [9, 5]),
          ],
          'product',
        ),
    });
    expect(verdict(worst, doubleTolerance)).toBe('agrees');
  });

  test('add and addBias, where one tensor is used twice', async () => {
    const worst = await worstGradientError({
      feed: feedOf(lengths),
      build(graph) {
        const x = tokens(graph, 'x', 6);
        const sum = graph.one(
          add(),
          [graph.one(addBias(), [x, parameter(graph, 'bias', [6])], 'biased'), x],
          'sum',
        );
        return graph.one(add(), [sum, sum], 'doubled');
      },
    });
    expect(verdict(worst, doubleTolerance)).toBe('agrees');
  });

  test.each(activationKinds)('activation %s', async (kind) => {
    const precision = kind === 'gelu' ? 'single' : 'double';
    const worst = await worstGradientError({
      feed: feedOf([4, 3]),
      precision,
      build: (graph) => graph.one(activation(kind), [tokens(graph, 'x', 5)], 'y'),
    });
    expect(verdict(worst, precision === 'single' ? singleTolerance : doubleTolerance)).toBe('agrees');
  });

  test('layerNorm', async () => {
    const worst = await worstGradientError({
      feed: feedOf(lengths),
      build: (graph) =>
        graph.one(
          layerNorm(1e-5),
          [tokens(graph, 'x', 9), parameter(graph, 'gamma', [9]), parameter(graph, 'beta', [9])],
          'normalised',
        ),
    });
    expect(verdict(worst, doubleTolerance)).toBe('agrees');
  });

  test('embedding with repeated ids, then takeRows', async () => {
    const worst = await worstGradientError({
      feed: feedOf(lengths),
      elements: 40,
      build(graph) {
        const { ids, order, summaryRows } = packedInputs(graph);
        const table = parameter(graph, 'table', [11, 6]);
        const rows = graph.one(embedding(), [table, ids, order], 'rows');
        const mixed = graph.one(matmul(plain), [rows, parameter(graph, 'mix', [6, 6])], 'mixed');
        const both = graph.one(add(), [rows, mixed], 'both');
        return graph.one(takeRows(), [both, summaryRows], 'taken');
      },
    });
    expect(verdict(worst, doubleTolerance)).toBe('agrees');
  });

  test('dropout replays its mask', async () => {
    const worst = await worstGradientError({
      feed: feedOf(lengths),
      build: (graph) => graph.one(dropout({ rate: 0.3, salt: 5 }), [tokens(graph, 'x', 5)], 'dropped'),
    });
    expect(verdict(worst, doubleTolerance)).toBe('agrees');
  });

  test.each([
    { heads: 2, headSize: 4, causal: false, relative: { segments: true }, rate: 0, lengths },
    { heads: 3, headSize: 5, causal: false, relative: { segments: true }, rate: 0.25, lengths },
    { heads: 2, headSize: 4, causal: true, relative: { segments: true }, rate: 0.1, lengths },
    { heads: 1, headSize: 8, causal: false, relative: { segments: false }, rate: 0, lengths: [6, 7, 7] },
    { heads: 2, headSize: 3, causal: true, relative: { segments: true }, rate: 0.5, lengths: [1] },
    {
      heads: 2,
      headSize: 4,
      causal: false,
      relative: { segments: true, reversible: true },
      rate: 0.1,
      lengths,
    },
    {
      heads: 1,
      headSize: 4,
      causal: true,
      relative: { segments: true, sameLength: true },
      rate: 0,
      lengths,
    },
    { heads: 2, headSize: 4, causal: false, relative: null, rate: 0.25, lengths },
    { heads: 1, headSize: 5, causal: true, relative: null, rate: 0, lengths: [6, 7, 7] },
  ])('attention %o', async ({ lengths: packed, ...shape }) => {
    const options: AttentionOptions = { ...shape, salt: 7 };
    const width = options.heads * options.headSize;
    const worst = await worstGradientError({
      // The reach may exceed the longest sequence: tables are rounded up.
      feed: feedOf(packed, options.causal ? 24 : Math.max(...packed)),
      elements: 30,
      build: (graph) => attended(graph, options, width),
    });
    expect(verdict(worst, doubleTolerance)).toBe('agrees');
  });
});

function attended(graph: GraphBuilder, options: AttentionOptions, width: number): Tensor {
  const { segments, blocks } = packedInputs(graph);
  const qkv = tokens(graph, 'qkv', 3 * width);
  if (!options.relative) return graph.one(attention(options), [qkv, blocks], 'attended');
  const distances = graph.input('distanceBasis', ['R', basisWidth], 'f32');
  const r = graph.one(matmul(plain), [distances, parameter(graph, 'r', [basisWidth, width])], 'r.rows');
  const inputs = [
    qkv,
    r,
    parameter(graph, 'biases', [3, width]),
    parameter(graph, 'segmentEmbedding', [2, width]),
    segments,
    blocks,
  ];
  return graph.one(attention(options), inputs, 'attended');
}
