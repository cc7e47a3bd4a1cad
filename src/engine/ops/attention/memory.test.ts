import { describe, expect, test } from 'vitest';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { Shape, Tensor } from '../../graph/types.ts';
import { createOnnxSession } from '../../onnx/session.ts';
import type { Feed, HostArray } from '../../session.ts';
import { compareLowerings } from '../../testing/bothLowerings.ts';
import { relativeError } from '../../testing/compare.ts';
import { verdict, worstGradientError } from '../../testing/gradientCheck.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { caseOf, runOneOp, type SessionMaker } from '../../testing/oneOp.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import { referenceAttention } from '../../testing/referenceAttention.ts';
import { createWebGpuSession } from '../../webgpu/session.ts';
import { joinRows } from '../joinRows/op.ts';
import { matmul } from '../matmul/op.ts';
import { takeRows } from '../takeRows/op.ts';
import { attention } from './op.ts';
import type { AttentionOptions } from './options.ts';

// Attention whose sequences begin with rows of memory: against the definition in float64, gradients against finite differences,
// and both families of kernels against the ONNX lowering.

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? ` (WebGPU skipped: ${why.reason})` : '';
const plain = { transposeA: false, transposeB: false };

/** Memory longer, shorter, absent; blocks of both kinds with tails; one sequence counts backwards. */
const batch = { lengths: [34, 3, 20, 1], memory: [5, 40, 0, 32], reversed: [false, true, false, false] };

const forms = [
  { causal: false, rate: 0.1, relative: { segments: true, reversible: true, memory: true } },
  { causal: true, rate: 0, relative: { segments: true, memory: true } },
  { causal: true, rate: 0.1, relative: { segments: true, sameLength: true, memory: true } },
] as const;

const optionsOf = (form: (typeof forms)[number], heads: number, headSize: number): AttentionOptions => ({
  ...form,
  heads,
  headSize,
  salt: 6,
});

const makers: readonly (readonly [string, SessionMaker])[] = [
  ['ONNX', createOnnxSession],
  ...(gpu
    ? [true, false].map(
        (avoidsBarriers) =>
          [
            avoidsBarriers ? 'WebGPU' : 'WebGPU, tiled',
            (options) => createWebGpuSession({ gpu, ...options, avoidsBarriers }),
          ] as const satisfies readonly [string, SessionMaker],
      )
    : []),
];

describe(`attention over memory${reason}`, { timeout: 240_000 }, () => {
  test.each(makers.flatMap(([name, make]) => forms.map((form) => [name, form, make] as const)))(
    'own rows get what the definition says (%s, %o)',
    async (_, form, make) => {
      const options = optionsOf(form, 2, 8);
      const feed = packedFeed({ ...batch, seed: 5 });
      const { N = 0, R } = feed.dims;
      const width = 16;
      const get = (name: string) => feed.tensors.get(name) as HostArray;
      const [qkv, r] = [normals(N * 3 * width, 1), normals(R * width, 2)];
      const [biases, segmentEmbedding] = [normals(3 * width, 3), normals(2 * width, 4)];
      const inputs: (readonly [string, Shape, HostArray])[] = [
        ['qkv', ['N', 3 * width], qkv],
        ['r', ['R', width], r],
        ['biases', [3, width], biases],
        ['segmentEmbedding', [2, width], segmentEmbedding],
        ['joinedSegments', ['N'], get('joinedSegments')],
        ['blocks', ['K', 5], get('blocks')],
      ];
      const [o] = await runOneOp(make, caseOf(attention(options), feed, inputs));
      const expected = referenceAttention(
        {
          qkv,
          r,
          biases,
          segmentEmbedding,
          segments: get('joinedSegments'),
          distances: R,
          seed: feed.seed,
          lengths: batch.lengths.map((length, b) => length + (batch.memory[b] ?? 0)),
          memory: batch.memory,
          reversed: form.relative === forms[0].relative ? batch.reversed : [],
        },
        options,
      );
      expect(
        relativeError(own(o, get('ownRows'), width), own(expected.o, get('ownRows'), width)),
      ).toBeLessThan(3e-6);
    },
  );

  test.each(forms)('gradients agree with finite differences: %o', async (form) => {
    const lengths = [5, 2, 3];
    const feed = feedOf({ lengths, memory: [3, 6, 0], reversed: [false, true, false] }, 6);
    const worst = await worstGradientError({ build: (g) => attended(g, optionsOf(form, 2, 3), 6), feed });
    expect(verdict(worst, 2e-6)).toBe('agrees');
  });

  test.skipIf(!gpu).each([
    { form: forms[0], heads: 2, headSize: 8, avoidsBarriers: true },
    { form: forms[2], heads: 1, headSize: 3, avoidsBarriers: true },
    { form: forms[0], heads: 2, headSize: 16, avoidsBarriers: false },
    { form: forms[1], heads: 1, headSize: 20, avoidsBarriers: false },
  ])('kernels agree with the ONNX lowering: %o', async ({ form, heads, headSize, avoidsBarriers }) => {
    if (!gpu) return;
    const disagreement = await compareLowerings(
      gpu,
      (g) => attended(g, optionsOf(form, heads, headSize), 5),
      feedOf(batch, 5),
      avoidsBarriers,
    );
    expect(disagreement.size).toBeGreaterThan(5);
    for (const [name, error] of disagreement) expect(error, name).toBeLessThan(3e-5);
  });
});

function own(rows: ArrayLike<number> | undefined, ownRows: HostArray, width: number): number[] {
  return Array.from(ownRows).flatMap((row) =>
    Array.from({ length: width }, (_, c) => rows?.[row * width + c] ?? Number.NaN),
  );
}

function feedOf(sequences: typeof batch, width: number): Feed {
  const { dims } = packedFeed(sequences);
  return packedFeed({
    ...sequences,
    seed: 3,
    lossScale: 0.25,
    tensors: new Map([
      ['own', normals(dims.T * width, 11)],
      ['memory', normals((dims.M ?? 0) * width, 12)],
      ['distances', normals(dims.R * width, 13)],
    ]),
  });
}

/** As a layer of XLNet does it: memory joined, projected together, attended, own rows taken. Own rows follow from a parameter. */
function attended(g: GraphBuilder, options: AttentionOptions, width: number): Tensor {
  const W = options.heads * options.headSize;
  const parameter = (name: string, shape: readonly number[]) =>
    g.parameter({ name, shape, group: 'test', role: 'weight' });
  const product = (x: Tensor, name: string, columns: number) =>
    g.one(matmul(plain), [x, parameter(name, [width, columns])], `${name}.rows`);
  const hidden = product(g.input('own', ['T', width], 'f32'), 'before', width);
  const ownRows = g.input('ownRows', ['T'], 'u32');
  const joined = g.one(
    joinRows(),
    [hidden, g.input('memory', ['M', width], 'f32'), g.input('sources', ['N'], 'u32'), ownRows],
    'joined',
  );
  const all = g.one(
    attention(options),
    [
      product(joined, 'qkv', 3 * W),
      product(g.input('distances', ['R', width], 'f32'), 'r', W),
      parameter('biases', [3, W]),
      parameter('segmentEmbedding', [2, W]),
      g.input('joinedSegments', ['N'], 'i32'),
      g.input('blocks', ['K', 5], 'u32'),
    ],
    'attended',
  );
  return g.one(takeRows(), [all, ownRows], 'own.attended');
}
