import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { createOnnxSession } from '../../onnx/session.ts';
import type { Feed } from '../../session.ts';
import { relativeError } from '../../testing/compare.ts';
import { verdict, worstGradientError } from '../../testing/gradientCheck.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { caseOf, runOneOp } from '../../testing/oneOp.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import { createWebGpuSession } from '../../webgpu/session.ts';
import { infoNCE } from './op.ts';

// Three anchors, their positives, one more candidate. Row 5 is of anchor 0's and 2's group, row 3 too: no negatives of theirs.
const positives = Int32Array.of(3, 4, 5, -1, -1, -1, -1);
const groups = Uint32Array.of(1, 2, 1, 1, 2, 1, 0);
const rows = positives.length;
const vectors = Float32Array.from({ length: rows * 3 }, (_, at) => {
  const [i, k] = [Math.floor(at / 3), at % 3];
  return Math.sin(1.3 * i + 0.07 * i * i + 2.1 * k) + 0.2 * k;
});

// torch 2.13, float64: `cross_entropy` over the candidates' cosines of `normalize(v)` / 0.1, mean over anchors, and its `v.grad`.
const torchLoss = 5.828390966819309;
const torchGradient = [
  [1.9334770926, -0.9122855257, -2.0568285581],
  [0.1824487721, -4.3832157417, 2.8157142953],
  [-1.0889470142, 0.4387831667, 0.5533248915],
  [-0.0657053823, -1.9554328415, 0.9528129783],
  [-2.8650202793, 0.4471102751, 0.7389144781],
  [1.298310875, 1.0717841432, -1.9588150149],
  [0.3598240383, -0.4287208668, 0.2289857733],
].flat();

const feed = packedFeed({ lengths: Array.from({ length: rows }, () => 1), lossScale: 1 / 3 });
const small = caseOf(infoNCE(0.1), feed, [
  ['v', ['B', 3], vectors],
  ['positives', ['B'], positives],
  ['groups', ['B'], groups],
]);

/** Anchors, positives, hard negatives; a zero vector; groups that repeat. Past one workgroup. */
function largeCase() {
  const anchors = 90;
  const width = 20;
  const values = normals(3 * anchors * width, 3);
  values.fill(0, 2 * anchors * width, (2 * anchors + 1) * width);
  return caseOf(
    infoNCE(0.05),
    packedFeed({ lengths: Array.from({ length: 3 * anchors }, () => 1), lossScale: 1 / anchors }),
    [
      ['v', ['B', width], values],
      [
        'positives',
        ['B'],
        Int32Array.from({ length: 3 * anchors }, (_, i) => (i < anchors ? i + anchors : -1)),
      ],
      ['groups', ['B'], Uint32Array.from({ length: 3 * anchors }, (_, i) => (i % anchors) % 7)],
    ],
  );
}

describe('the ONNX lowering', () => {
  test('gives PyTorch’s loss and gradient', async () => {
    const [loss, gradient] = await runOneOp(createOnnxSession, small);
    expect(relativeError(loss ?? [], [torchLoss])).toBeLessThan(1e-5);
    expect(relativeError(gradient ?? [], torchGradient)).toBeLessThan(1e-5);
  });

  test('gradients of what lies before agree with finite differences', async () => {
    const fed: Feed = {
      ...feed,
      tensors: new Map([...feed.tensors, ['positives', positives] as const, ['groups', groups] as const]),
    };
    const worst = await worstGradientError({
      feed: fed,
      build: (graph) => graph.parameter({ name: 'v', shape: [rows, 4], group: 'test', role: 'weight' }),
      loss: (graph, output) =>
        graph.one(
          infoNCE(0.1),
          [output, graph.input('positives', [rows], 'i32'), graph.input('groups', [rows], 'u32')],
          'loss',
        ),
    });
    expect(verdict(worst, 1e-6)).toBe('agrees');
  });

  test('a zero vector has no gradient, and spoils no other', async () => {
    const [loss, gradient = new Float32Array()] = await runOneOp(createOnnxSession, largeCase());
    expect(loss?.[0]).toBeGreaterThan(0);
    expect(gradient.every(Number.isFinite)).toBe(true);
    expect(gradient.subarray(180 * 20, 181 * 20).every((x) => x === 0)).toBe(true);
  });
});

test('a temperature of 0 and rows that do not match are refused by name', () => {
  const apply = (temperature: number, length: number) => () => {
    const graph = new GraphBuilder();
    const inputs = [
      graph.input('v', [rows, 3], 'f32'),
      graph.input('positives', [length], 'i32'),
      graph.input('groups', [rows], 'u32'),
    ];
    graph.one(infoNCE(temperature), inputs, 'loss');
  };
  expect(apply(0, rows)).toThrow(/infoNCE: temperature 0/);
  expect(apply(1, rows - 1)).toThrow(/infoNCE: positives is \[6\], not \[7\]/);
});

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

describe.skipIf(!gpu)(`the kernels${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 120_000 }, () => {
  test('give PyTorch’s numbers, and the lowering’s past one workgroup', async () => {
    if (!gpu) return;
    const onGpu = (options: Parameters<typeof createOnnxSession>[0]) =>
      createWebGpuSession({ gpu, ...options });
    const [loss, gradient] = await runOneOp(onGpu, small);
    expect(relativeError(loss ?? [], [torchLoss])).toBeLessThan(3e-5);
    expect(relativeError(gradient ?? [], torchGradient)).toBeLessThan(3e-5);
    const [ours, oracle] = [
      await runOneOp(onGpu, largeCase()),
      await runOneOp(createOnnxSession, largeCase()),
    ];
    for (const i of [0, 1, 2, 3, 4])
      expect(relativeError(ours[i] ?? [], oracle[i] ?? [0]), `output ${i}`).toBeLessThan(3e-5);
  });
});
