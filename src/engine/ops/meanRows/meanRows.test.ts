import { describe, expect, test } from 'vitest';
import { createOnnxSession } from '../../onnx/session.ts';
import { compareLowerings } from '../../testing/bothLowerings.ts';
import { relativeError } from '../../testing/compare.ts';
import { verdict, worstGradientError } from '../../testing/gradientCheck.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { caseOf, runOneOp } from '../../testing/oneOp.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import { matmul } from '../matmul/op.ts';
import { weightedSum } from '../weightedSum/op.ts';
import { meanRows } from './op.ts';

const lengths = [3, 1, 5];
const texts = Uint32Array.from(lengths.flatMap((length, b) => Array.from({ length }, () => b)));
const starts = Uint32Array.of(0, 3, 4);
// The last token of each longer text does not count.
const weights = Float32Array.of(0.5, 0.5, 0, 1, 0.25, 0.25, 0.25, 0.25, 0);
const x = normals(9 * 4, 1);
const aside = { weights, texts, starts, x, w: normals(3 * 2, 9) };
const feed = packedFeed({ lengths, tensors: new Map(Object.entries(aside)) });

function pooled(graph: GraphBuilder) {
  const projected = graph.one(
    matmul({ transposeA: false, transposeB: false }),
    [
      graph.input('x', ['T', 4], 'f32'),
      graph.parameter({ name: 'p', shape: [4, 2], group: 'test', role: 'weight' }),
    ],
    'projected',
  );
  const inputs = [
    projected,
    graph.input('weights', ['T'], 'f32'),
    graph.input('texts', ['T'], 'u32'),
    graph.input('starts', ['B'], 'u32'),
  ];
  return graph.one(meanRows(), inputs, 'pooled');
}

test('is the mean over the tokens that count', async () => {
  const [y] = await runOneOp(
    createOnnxSession,
    caseOf(meanRows(), feed, [
      ['x', ['T', 4], x],
      ['weights', ['T'], weights],
      ['texts', ['T'], texts],
      ['starts', ['B'], starts],
    ]),
  );
  const mean = (tokens: number[]) =>
    [0, 1, 2, 3].map((k) => tokens.reduce((sum, t) => sum + (x[4 * t + k] as number), 0) / tokens.length);
  expect(relativeError(y ?? [], [...mean([0, 1]), ...mean([3]), ...mean([4, 5, 6, 7])])).toBeLessThan(1e-6);
});

test('its gradient agrees with finite differences, and so does that of a weighted sum', async () => {
  expect(verdict(await worstGradientError({ feed, build: pooled }), 1e-6)).toBe('agrees');
  const worst = await worstGradientError({
    feed,
    build: pooled,
    loss: (graph, output) => graph.one(weightedSum(), [output, graph.input('w', ['B', 2], 'f32')], 'loss'),
  });
  expect(verdict(worst, 1e-6)).toBe('agrees');
});

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

describe.skipIf(!gpu)(`the kernels${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 120_000 }, () => {
  test('agree with the lowering, forward and backward', async () => {
    if (!gpu) return;
    const errors = await compareLowerings(gpu, pooled, feed);
    for (const [name, error] of errors) expect(error, name).toBeLessThan(1e-5);
  });
});
