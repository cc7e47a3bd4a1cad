import { describe, expect, test } from 'vitest';
import { differentiate } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { createOnnxSession } from '../../onnx/session.ts';
import { relativeError } from '../../testing/compare.ts';
import { verdict, worstGradientError } from '../../testing/gradientCheck.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { caseOf, idleTrainingGraph, runOneOp } from '../../testing/oneOp.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import type { EngineSession } from '../../session.ts';
import { createWebGpuSession } from '../../webgpu/session.ts';
import { matmul } from '../matmul/op.ts';
import { lossCell, numbers, type LossShape } from './cell.ts';
import { bceWithLogits } from './op.ts';

const labels = 5;
const shapes: readonly (readonly [name: string, shape: LossShape, weighted: boolean])[] = [
  ['weighted', { kind: 'bce' }, true],
  ['focal', { kind: 'focal', gamma: 2, alpha: 0.25 }, false],
  ['focal without alpha, weighted', { kind: 'focal', gamma: 1.5, alpha: null }, true],
  ['asymmetric', { kind: 'asymmetric', gammaPositive: 1, gammaNegative: 4, clip: 0.05 }, false],
  [
    'asymmetric, gamma below 1',
    { kind: 'asymmetric', gammaPositive: 0, gammaNegative: 0.5, clip: 0.2 },
    true,
  ],
  ['asymmetric without gamma', { kind: 'asymmetric', gammaPositive: 0, gammaNegative: 0, clip: 0.1 }, false],
  ['asymmetric without clip', { kind: 'asymmetric', gammaPositive: 0, gammaNegative: 2, clip: 0 }, false],
];
const weights = Float32Array.of(0.2, 1, 3, 7.5, 0.9);

const grid = Array.from({ length: 61 }, (_, i) => (i - 30) / 4 + 0.01);
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
const cell = (z: number, y: number, shape: LossShape, weight: number | null = null) =>
  lossCell(numbers, z, y, weight, shape);

describe('the loss of one cell', () => {
  test('is PyTorch’s BCEWithLogitsLoss with pos_weight', () => {
    for (const z of grid)
      for (const y of [0, 0.3, 1]) {
        const expected = -(2.5 * y * Math.log(sigmoid(z)) + (1 - y) * Math.log(1 - sigmoid(z)));
        expect(cell(z, y, { kind: 'bce' }, 2.5).loss).toBeCloseTo(expected, 10);
      }
  });

  test('is torchvision’s sigmoid_focal_loss', () => {
    for (const z of grid)
      for (const y of [0, 1]) {
        const p = sigmoid(z);
        const ce = -(y * Math.log(p) + (1 - y) * Math.log(1 - p));
        const pt = p * y + (1 - p) * (1 - y);
        const alphaT = 0.25 * y + 0.75 * (1 - y);
        const { loss } = cell(z, y, { kind: 'focal', gamma: 2, alpha: 0.25 });
        expect(loss).toBeCloseTo(alphaT * ce * (1 - pt) ** 2, 10);
      }
  });

  test('is the asymmetric loss of Ridnik et al., and lets easy negatives alone', () => {
    const shape: LossShape = { kind: 'asymmetric', gammaPositive: 1, gammaNegative: 4, clip: 0.05 };
    for (const z of grid) {
      const p = sigmoid(z);
      const shifted = Math.max(p - 0.05, 0);
      expect(cell(z, 1, shape).loss).toBeCloseTo(-(1 - p) * Math.log(p), 10);
      expect(cell(z, 0, shape).loss).toBeCloseTo(-(shifted ** 4) * Math.log(1 - shifted), 10);
    }
    // p = 0.0474: below the clip.
    expect(cell(-3, 0, shape).gradient).toBe(0);
  });

  test('without focus is binary cross-entropy, whatever it is called', () => {
    for (const z of grid)
      for (const y of [0, 1]) {
        const plain = cell(z, y, { kind: 'bce' });
        for (const shape of [
          { kind: 'focal', gamma: 0, alpha: null },
          { kind: 'asymmetric', gammaPositive: 0, gammaNegative: 0, clip: 0 },
        ] as const)
          expect(cell(z, y, shape)).toEqual(plain);
        expect(cell(z, y, { kind: 'bce' }, 1)).toEqual(plain);
      }
  });

  test.each(shapes)('%s: its gradient is its slope', (_, shape, weighted) => {
    const step = 1e-5;
    for (const z of grid)
      for (const y of [0, 1]) {
        // The clip's hinge has no slope.
        if (shape.kind === 'asymmetric' && Math.abs(sigmoid(z) - shape.clip) < 1e-4) continue;
        const weight = weighted ? 3 : null;
        const slope =
          (cell(z + step, y, shape, weight).loss - cell(z - step, y, shape, weight).loss) / (2 * step);
        expect(cell(z, y, shape, weight).gradient).toBeCloseTo(slope, 6);
      }
  });

  test.each(shapes)('%s: finite at huge logits, right ones cost nothing', (_, shape, weighted) => {
    const weight = weighted ? 3 : null;
    for (const z of [-1000, -40, 40, 1000])
      for (const y of [0, 1]) {
        const { loss, gradient } = cell(z, y, shape, weight);
        expect(Number.isFinite(loss) && Number.isFinite(gradient)).toBe(true);
      }
    for (const z of [40, 1000])
      expect(cell(z, 1, shape, weight).loss + cell(-z, 0, shape, weight).loss).toBeLessThan(1e-15);
  });
});

const feed = packedFeed({ lengths: [3, 4, 2, 6, 1, 1, 5], lossScale: 0.125 });
const cells = feed.dims.B * labels;
const logits = normals(cells, 31, 3).map((z, i) => (i === 0 ? 60 : i === 1 ? -60 : z));
const targets = normals(cells, 32).map((x) => (x > 0.5 ? 1 : 0));
const oneOp = (shape: LossShape, weighted: boolean) =>
  caseOf(bceWithLogits(shape), feed, [
    ['z', ['B', labels], logits],
    ['y', ['B', labels], targets],
    ...(weighted ? [['w', [labels], weights] as const] : []),
  ]);

describe('the ONNX lowering', () => {
  test.each(shapes)('%s: loss and gradient are the reference’s', async (_, shape, weighted) => {
    const [loss, gradient] = await runOneOp(createOnnxSession, oneOp(shape, weighted));
    const expected = Array.from(logits, (z, i) =>
      cell(z, targets[i] as number, shape, weighted ? (weights[i % labels] as number) : null),
    );
    const total = expected.reduce((sum, each) => sum + 0.125 * each.loss, 0);
    expect(relativeError(loss ?? [], [total])).toBeLessThan(1e-5);
    const gradients = expected.map((each) => 0.125 * each.gradient);
    expect(relativeError(gradient ?? [], gradients)).toBeLessThan(1e-5);
  });

  test.each(shapes)(
    '%s: gradients of what lies before agree with finite differences',
    async (_, shape, weighted) => {
      const worst = await worstGradientError({
        feed: packedFeed({
          lengths: [5, 1],
          lossScale: 0.125,
          tensors: new Map([['positiveWeights', weights]]),
        }),
        build: (graph) => graph.parameter({ name: 'z', shape: [9, labels], group: 'test', role: 'weight' }),
        loss: (graph, output, truth) =>
          graph.one(
            bceWithLogits(shape),
            [output, truth, ...(weighted ? [graph.input('positiveWeights', [labels], 'f32')] : [])],
            'loss',
          ),
      });
      expect(verdict(worst, 1e-6)).toBe('agrees');
    },
  );
});

test('weights must be one a label', () => {
  const graph = new GraphBuilder();
  const matrix = (name: string) => graph.input(name, ['B', labels], 'f32');
  expect(() =>
    graph.one(bceWithLogits(), [matrix('z'), matrix('y'), graph.input('w', [labels + 1], 'f32')], 'loss'),
  ).toThrow(/bceWithLogits: w is \[6\], not \[5\]/);
});

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

describe.skipIf(!gpu)(`the kernel${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 120_000 }, () => {
  test.each(shapes)('%s: agrees with the lowering', async (_, shape, weighted) => {
    if (!gpu) return;
    const [ours, oracle] = [
      await runOneOp((options) => createWebGpuSession({ gpu, ...options }), oneOp(shape, weighted)),
      await runOneOp(createOnnxSession, oneOp(shape, weighted)),
    ];
    expect(relativeError(ours[0] ?? [], oracle[0] ?? [0])).toBeLessThan(3e-5);
    expect(relativeError(ours[1] ?? [], oracle[1] ?? [0])).toBeLessThan(3e-5);
  });

  test('trains alike on both: loss and gradient of a step of two micro-batches, with weights', async () => {
    if (!gpu) return;
    const graph = new GraphBuilder();
    const x = graph.input('x', [9, 4], 'f32');
    const weight = graph.parameter({ name: 'w', shape: [4, labels], group: 'test', role: 'weight' });
    const z = graph.one(matmul({ transposeA: false, transposeB: false }), [x, weight], 'z');
    const inputs = [z, graph.input('y', [9, labels], 'f32'), graph.input('weights', [labels], 'f32')];
    const shape: LossShape = { kind: 'asymmetric', gammaPositive: 1, gammaNegative: 3, clip: 0.05 };
    const loss = graph.one(bceWithLogits(shape), inputs, 'loss');
    graph.output('loss', loss);
    differentiate(graph, loss);
    const options = { training: graph.build(), inference: idleTrainingGraph(), capacity: feed.dims };
    const batch = (seed: number) => ({
      ...feed,
      tensors: new Map([
        ['y', normals(9 * labels, seed).map((x) => (x > 0.5 ? 1 : 0))],
        ['x', normals(9 * 4, seed + 10)],
        ['weights', weights],
      ]),
    });
    const [ours, oracle] = [await createWebGpuSession({ gpu, ...options }), await createOnnxSession(options)];
    try {
      const run = async (session: EngineSession) => {
        await session.write('parameter', 'w', normals(4 * labels, 5, 2));
        const outcome = await session.step([batch(1), batch(2)], null);
        return { loss: outcome.loss, gradient: await session.read('gradient', 'w') };
      };
      const expected = await run(oracle);
      const actual = await run(ours);
      expect(actual.loss / expected.loss).toBeCloseTo(1, 4);
      expect(relativeError(actual.gradient, expected.gradient)).toBeLessThan(3e-5);
      expect(Math.max(...expected.gradient)).toBeGreaterThan(0);
    } finally {
      ours.dispose();
      oracle.dispose();
    }
  });
});
