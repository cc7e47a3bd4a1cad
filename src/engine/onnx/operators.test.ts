import { describe, expect, test } from 'vitest';
import type { Operation, Shape } from '../graph/types.ts';
import { activation } from '../ops/activation/op.ts';
import { type ActivationKind } from '../ops/activation/options.ts';
import { bceWithLogits } from '../ops/bceWithLogits/op.ts';
import { dropoutKey, dropoutMask } from '../ops/dropout/mask.ts';
import { dropout } from '../ops/dropout/op.ts';
import { embedding } from '../ops/embedding/op.ts';
import { layerNorm } from '../ops/layerNorm/op.ts';
import { matmul } from '../ops/matmul/op.ts';
import { attention } from '../ops/attention/op.ts';
import { sumRows } from '../ops/sumRows/op.ts';
import { takeRows } from '../ops/takeRows/op.ts';
import type { HostArray } from '../session.ts';
import { relativeError } from '../testing/compare.ts';
import { caseOf, runOneOp } from '../testing/oneOp.ts';
import { normals, packedFeed } from '../testing/packed.ts';
import { referenceAttention } from '../testing/referenceAttention.ts';
import { createOnnxSession } from './session.ts';

// What each op computes, in float32, against its definition written out in float64.

const reversed = [false, true, true, false];
const feed = packedFeed({ lengths: [5, 1, 19, 8], seed: 9, lossScale: 0.25, reversed });
const { T, B, R } = feed.dims;

function run(
  operation: Operation,
  ...inputs: (readonly [string, Shape, HostArray])[]
): Promise<Float32Array[]> {
  return runOneOp(createOnnxSession, caseOf(operation, feed, inputs));
}

const fed = (name: string, shape: Shape) => [name, shape, feed.tensors.get(name) as HostArray] as const;
const at = (data: ArrayLike<number>, i: number) => data[i] as number;

describe('operators compute their definitions', () => {
  test.each([
    [false, false, 33, 7, 13],
    [true, false, 17, 65, 3],
    [false, true, 1, 19, 130],
    [true, true, 5, 4, 9],
  ])('matmul, transposes %s %s, [%i, %i] by %i', async (transposeA, transposeB, m, k, n) => {
    const a = normals(m * k, 1);
    const b = normals(k * n, 2);
    const expected = Float64Array.from({ length: m * n }, (_, index) => {
      const [row, column] = [Math.floor(index / n), index % n];
      let sum = 0;
      for (let x = 0; x < k; x++) {
        sum +=
          at(a, transposeA ? x * m + row : row * k + x) * at(b, transposeB ? column * k + x : x * n + column);
      }
      return sum;
    });
    const [c] = await run(
      matmul({ transposeA, transposeB }),
      ['a', transposeA ? [k, m] : [m, k], a],
      ['b', transposeB ? [n, k] : [k, n], b],
    );
    expect(relativeError(c ?? [], expected)).toBeLessThan(2e-6);
  });

  test.each<[ActivationKind, (x: number) => number]>([
    ['relu', (x) => Math.max(x, 0)],
    ['tanh', Math.tanh],
    ['silu', (x) => x / (1 + Math.exp(-x))],
    ['gelu_new', (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
  ])('activation %s, at large inputs too', async (kind, f) => {
    const x = Float32Array.of(-80, -9, -3, -1, -0.1, 0, 0.1, 1, 3, 9, 80);
    const [y] = await run(activation(kind), ['x', [1, x.length], x]);
    x.forEach((value, i) =>
      expect(Math.abs(at(y ?? [], i) - f(value))).toBeLessThan(1e-6 * Math.max(1, Math.abs(value))),
    );
  });

  test('activation gelu has the values of the error function', async () => {
    const x = Float32Array.of(-2, -1, 0, 0.5, 1, 2);
    // 0.5 x (1 + erf(x / sqrt 2)), from a table of the normal distribution.
    const expected = [-0.0455002638, -0.1586552539, 0, 0.3457312306, 0.8413447461, 1.9544997361];
    const [y] = await run(activation('gelu'), ['x', [2, 3], x]);
    expect(relativeError(y ?? [], expected)).toBeLessThan(1e-6);
  });

  test('layerNorm keeps its precision far from zero', async () => {
    const x = normals(T * 24, 3).map((value) => value + 300);
    const gamma = normals(24, 4);
    const beta = normals(24, 5);
    const y = new Float64Array(x.length);
    const moments = new Float64Array(2 * T);
    for (let t = 0; t < T; t++) {
      const row = Float64Array.from(x.subarray(t * 24, (t + 1) * 24));
      const mean = row.reduce((a, b) => a + b) / 24;
      const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / 24;
      moments[2 * t] = mean;
      moments[2 * t + 1] = 1 / Math.sqrt(variance + 1e-12);
      row.forEach((value, c) => {
        y[t * 24 + c] = (value - mean) * at(moments, 2 * t + 1) * at(gamma, c) + at(beta, c);
      });
    }
    const [actual, saved] = await run(
      layerNorm(1e-12),
      ['x', ['T', 24], x],
      ['gamma', [24], gamma],
      ['beta', [24], beta],
    );
    // Inputs near 300 carry 1.5e-5 of rounding themselves.
    expect(relativeError(actual ?? [], y)).toBeLessThan(3e-5);
    expect(relativeError(saved ?? [], moments)).toBeLessThan(1e-6);
  });

  test('embedding, takeRows and sumRows', async () => {
    const table = normals(11 * 6, 6);
    const ids = feed.tensors.get('ids') as Int32Array;
    const [rows] = await run(embedding(), ['table', [11, 6], table], fed('ids', ['T']), fed('order', ['T']));
    ids.forEach((id, t) =>
      expect(rows?.subarray(t * 6, t * 6 + 6)).toEqual(table.subarray(id * 6, id * 6 + 6)),
    );

    const x = normals(T * 6, 7);
    const [taken] = await run(takeRows(), ['x', ['T', 6], x], fed('summaryRows', ['B']));
    (feed.tensors.get('summaryRows') as Uint32Array).forEach((row, b) => {
      expect(taken?.subarray(b * 6, b * 6 + 6)).toEqual(x.subarray(row * 6, row * 6 + 6));
    });

    const [sum] = await run(sumRows(), ['x', ['T', 6], x]);
    const expected = Float64Array.from({ length: 6 }, (_, c) => {
      let total = 0;
      for (let t = 0; t < T; t++) total += at(x, t * 6 + c);
      return total;
    });
    expect(relativeError(sum ?? [], expected)).toBeLessThan(1e-6);
  });

  test('bceWithLogits is scaled, finite at huge logits, and gives its gradient', async () => {
    const logits = Float32Array.from(
      { length: B * 3 },
      (_, i) => [-1000, -2, 0, 0.5, 40, 1000][i % 6] as number,
    );
    const targets = Float32Array.from(logits, (_, i) => [0, 1, 0.3][i % 3] as number);
    let loss = 0;
    const gradient = Float64Array.from(logits, (z, i) => {
      const y = at(targets, i);
      loss += 0.25 * (Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z))));
      return 0.25 * (1 / (1 + Math.exp(-z)) - y);
    });
    const [actual, saved] = await run(bceWithLogits(), ['z', ['B', 3], logits], ['y', ['B', 3], targets]);
    expect(relativeError(actual ?? [], [loss])).toBeLessThan(1e-6);
    expect(relativeError(saved ?? [], gradient)).toBeLessThan(1e-6);
  });

  test('dropout draws the bits of mask.ts', async () => {
    const ones = new Float32Array(T * 5).fill(1);
    const [y] = await run(dropout({ rate: 0.3, salt: 4 }), ['x', ['T', 5], ones]);
    expect(y).toEqual(dropoutMask(dropoutKey(feed.seed, 4), T * 5, 0.3));
  });

  test.each([
    { heads: 2, headSize: 4, causal: false, relative: { segments: true }, rate: 0 },
    { heads: 3, headSize: 5, causal: false, relative: { segments: true }, rate: 0.25 },
    { heads: 2, headSize: 16, causal: true, relative: { segments: false }, rate: 0.1 },
    { heads: 2, headSize: 4, causal: false, relative: null, rate: 0.1 },
    { heads: 2, headSize: 4, causal: false, relative: { segments: true, reversible: true }, rate: 0 },
    { heads: 1, headSize: 4, causal: true, relative: { segments: true, sameLength: true }, rate: 0.5 },
  ])('attention %o', async (shape) => {
    const options = { ...shape, salt: 7 };
    const width = options.heads * options.headSize;
    const data = {
      qkv: normals(T * 3 * width, 21),
      r: normals(R * width, 22),
      biases: normals(3 * width, 23),
      segmentEmbedding: normals(2 * width, 24),
    };
    const segments = feed.tensors.get('segments') as Int32Array;
    const lengths = [5, 1, 19, 8];
    const expected = referenceAttention(
      {
        ...data,
        segments,
        lengths,
        distances: R,
        seed: feed.seed,
        reversed: options.relative?.reversible ? reversed : [],
      },
      options,
    );
    const relativeInputs = [
      ['r', ['R', width], data.r],
      ['biases', [3, width], data.biases],
      ['segmentEmbedding', [2, width], data.segmentEmbedding],
      fed('segments', ['T']),
    ] as const;
    const [o, logSumExp] = await run(
      attention(options),
      ['qkv', ['T', 3 * width], data.qkv],
      ...(options.relative ? relativeInputs : []),
      fed('blocks', ['K', 4]),
    );
    expect(relativeError(o ?? [], expected.o)).toBeLessThan(5e-6);
    expect(relativeError(logSumExp ?? [], expected.logSumExp)).toBeLessThan(2e-6);
  });
});
