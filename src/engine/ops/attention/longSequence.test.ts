import { describe, expect, test } from 'vitest';
import { differentiate } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import type { Graph, Tensor } from '../../graph/types.ts';
import { lifetimes } from '../../plan/liveness.ts';
import { oneHeadGradients, type OneHead } from '../../testing/attentionGradients.ts';
import { idleTrainingGraph } from '../../testing/oneOp.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import { lowerToWebGpu } from '../../webgpu/lower.ts';
import { createWebGpuSession } from '../../webgpu/session.ts';
import { addBias } from '../addBias/op.ts';
import { bceWithLogits } from '../bceWithLogits/op.ts';
import { attention } from './op.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';
const headSize = 16;
const isPatient = gpu?.isSoftware === false || process.env['VERBENA_LONG'] === '1';

/** `bceWithLogits(attention(qkv + 0, ...))` with the gradients of everything that attention reads as named outputs. */
function trainingGraph(isRelative: boolean): Graph {
  const g = new GraphBuilder();
  const zeros = (name: string, width: number) =>
    g.parameter({ name, shape: [width], group: 'test', role: 'bias' });
  const parameter = (name: string, rows: number) =>
    g.parameter({ name, shape: [rows, headSize], group: 'test', role: 'weight' });
  const read = (name: string, shape: ['T' | 'R', number]): Tensor =>
    g.one(addBias(), [g.input(name, shape, 'f32'), zeros(`${name}.zero`, shape[1])], `${name}.read`);
  const qkv = read('qkv', ['T', 3 * headSize]);
  const blocks = g.input('blocks', ['K', 4], 'u32');
  const relative = isRelative
    ? [
        read('r', ['R', headSize]),
        parameter('biases', 3),
        parameter('segmentEmbedding', 2),
        g.input('segments', ['T'], 'i32'),
      ]
    : [];
  const o = g.one(
    attention({
      heads: 1,
      headSize,
      causal: false,
      rate: 0,
      salt: 0,
      relative: isRelative ? { segments: true } : null,
    }),
    [qkv, ...relative, blocks],
    'o',
  );
  const [loss] = g.apply(bceWithLogits(), [o, g.input('targets', ['T', headSize], 'f32')], 'loss');
  if (!loss) throw new Error('bceWithLogits has no loss');
  g.output('loss', loss);
  differentiate(g, loss);
  const backward = g.nodeList.find(({ operation }) => operation.name === 'attentionGradient');
  g.output('o', o);
  if (backward?.outputs[0]) g.output('dQkv', backward.outputs[0]);
  if (isRelative && backward?.outputs[2]) g.output('dR', backward.outputs[2]);
  return g.build();
}

/** Largest difference over the largest magnitude. */
function relativeTo(actual: ArrayLike<number>, expected: Float64Array): number {
  expect(actual.length).toBe(expected.length);
  let difference = 0;
  let magnitude = 0;
  expected.forEach((value, i) => {
    const gap = Math.abs((actual[i] as number) - value);
    if (!(gap <= difference)) difference = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap;
    magnitude = Math.max(magnitude, Math.abs(value));
  });
  return difference / magnitude;
}

function headOf(tokens: number, isRelative: boolean): OneHead {
  const segments = new Int32Array(tokens).fill(1, tokens / 2);
  return {
    tokens,
    headSize,
    qkv: normals(tokens * 3 * headSize, 1, 0.8),
    relative: isRelative
      ? {
          r: normals(2 * tokens * headSize, 2, 0.8),
          biases: normals(3 * headSize, 3, 0.5),
          segmentEmbedding: normals(2 * headSize, 4, 0.5),
          segments,
        }
      : null,
  };
}

describe.each([
  { form: 'relative', isRelative: true },
  { form: 'absolute', isRelative: false },
])('a sequence of thousands of tokens, $form', { timeout: 400_000 }, ({ isRelative }) => {
  // Twice the tokens, twice the bytes: nothing in the plan of a forward and backward pass grows with their square.
  test('no tensor and no plan grows with the square of the length', () => {
    for (const avoidsBarriers of [false, true]) {
      const bytes = (T: number) => {
        const capacity = { T, B: 1, R: 2 * T, K: T / 32 };
        const graph = lowerToWebGpu(trainingGraph(isRelative), { capacity, avoidsBarriers });
        return lifetimes(graph, capacity).map(({ byteLength }) => byteLength);
      };
      const short = bytes(2048);
      bytes(4096).forEach((most, i) => expect(most).toBeLessThanOrEqual(2 * (short[i] ?? 0)));
    }
  });

  // On a software adapter 4,096 tokens of the absolute form and of the passes with tiles, made for cards, take a minute: there they run
  // shorter, unless VERBENA_LONG=1 asks for all of it.
  test.skipIf(!gpu).each([
    { family: 'own', tokens: isPatient || isRelative ? 4096 : 2048, avoidsBarriers: undefined },
    { family: 'tiled', tokens: isPatient ? 4096 : 512, avoidsBarriers: false },
  ])(
    `$tokens tokens, forward and backward in float64 ($family kernels${reason && `, skipped: ${reason}`})`,
    async ({ tokens, avoidsBarriers }) => {
      if (!gpu) return;
      const head = headOf(tokens, isRelative);
      const targets = normals(tokens * headSize, 5).map((x) => (x > 0 ? 1 : 0));
      const lossScale = 1 / 64;
      const expected = oneHeadGradients(head, (o) =>
        o.map((z, i) => lossScale * (1 / (1 + Math.exp(-z)) - (targets[i] as number))),
      );
      const { dims, tensors } = packedFeed({ lengths: [tokens] });
      const session = await createWebGpuSession({
        gpu,
        training: trainingGraph(isRelative),
        inference: idleTrainingGraph(),
        capacity: dims,
        ...(avoidsBarriers === undefined ? {} : { avoidsBarriers }),
      });
      try {
        const { relative } = head;
        if (relative) {
          await session.write('parameter', 'biases', relative.biases);
          await session.write('parameter', 'segmentEmbedding', relative.segmentEmbedding);
        }
        const inputs = new Map([
          ['qkv', head.qkv],
          ['targets', targets],
          ['blocks', tensors.get('blocks') ?? new Uint32Array()],
          ...(relative
            ? ([
                ['r', relative.r],
                ['segments', relative.segments],
              ] as const)
            : []),
        ] as const);
        const begin = performance.now();
        await session.step([{ dims, tensors: inputs, seed: 1, lossScale }], null);
        console.info(
          `${isRelative ? 'relative' : 'absolute'}, ${tokens} tokens: ${Math.round(performance.now() - begin)} ms`,
        );
        expect(relativeTo(await session.trainingOutput('o'), expected.o)).toBeLessThan(1e-5);
        expect(relativeTo(await session.trainingOutput('dQkv'), expected.dQkv)).toBeLessThan(3e-5);
        if (!relative) return;
        expect(relativeTo(await session.trainingOutput('dR'), expected.dR)).toBeLessThan(3e-5);
        expect(relativeTo(await session.read('gradient', 'biases'), expected.dBiases)).toBeLessThan(3e-5);
        expect(
          relativeTo(await session.read('gradient', 'segmentEmbedding'), expected.dSegment),
        ).toBeLessThan(3e-5);
      } finally {
        session.dispose();
      }
    },
  );
});
