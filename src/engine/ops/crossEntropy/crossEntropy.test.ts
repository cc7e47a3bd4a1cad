import { describe, expect, test } from 'vitest';
import { differentiate } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { createOnnxSession } from '../../onnx/session.ts';
import type { EngineSession } from '../../session.ts';
import { relativeError } from '../../testing/compare.ts';
import { verdict, worstGradientError } from '../../testing/gradientCheck.ts';
import { openNodeGpu } from '../../testing/nodeGpu.ts';
import { idleTrainingGraph, type SessionMaker } from '../../testing/oneOp.ts';
import { normals, packedFeed } from '../../testing/packed.ts';
import { createWebGpuSession } from '../../webgpu/session.ts';
import { matmul } from '../matmul/op.ts';
import { crossEntropy, ignoredTarget } from './op.ts';

const classes = 70;
const targets = Int32Array.of(3, 69, ignoredTarget, 0, 12, ignoredTarget, 41);
const feed = packedFeed({
  lengths: [4, 3],
  lossScale: 1 / 5,
  tensors: new Map<string, Float32Array | Int32Array>([
    ['basis', normals(21, 3)],
    ['classes', targets],
  ]),
});

const logitsOf = (g: GraphBuilder) => {
  const weight = g.parameter({ name: 'z', shape: [3, classes], group: 'all', role: 'weight' });
  return g.one(
    matmul({ transposeA: false, transposeB: false }),
    [g.input('basis', ['T', 3], 'f32'), weight],
    'logits',
  );
};

/** `build` of a loss with its gradients, one session, one step. */
async function run(make: SessionMaker, weight: Float32Array) {
  const g = new GraphBuilder();
  const logits = logitsOf(g);
  const [loss, , rows] = g.apply(crossEntropy(), [logits, g.input('classes', ['T'], 'i32')], 'loss');
  if (!loss || !rows) throw new Error('crossEntropy lacks an output');
  g.output('loss', loss);
  g.output('logits', logits);
  g.output('rows', rows);
  differentiate(g, loss);
  const session: EngineSession = await make({
    training: g.build(),
    inference: idleTrainingGraph(),
    capacity: feed.dims,
  });
  try {
    await session.write('parameter', 'z', weight);
    const outcome = await session.step([feed], null);
    return {
      loss: outcome.loss,
      logits: await session.trainingOutput('logits'),
      rows: await session.trainingOutput('rows'),
      gradient: await session.read('gradient', 'z'),
    };
  } finally {
    session.dispose();
  }
}

test('is the mean over the rows that count, as torch computes it, also for great logits', async () => {
  const { loss, logits, rows } = await run(createOnnxSession, normals(3 * classes, 9, 60));
  let expected = 0;
  targets.forEach((target, t) => {
    const z = Array.from(logits.subarray(t * classes, (t + 1) * classes));
    const top = Math.max(...z);
    const all = top + Math.log(z.reduce((sum, value) => sum + Math.exp(value - top), 0));
    const own = target === ignoredTarget ? 0 : all - (z[target] as number);
    expect(rows[t]).toBeCloseTo(own, 3);
    expected += own / 5;
  });
  expect(loss).toBeCloseTo(expected, 3);
});

test('gradients agree with finite differences', async () => {
  const worst = await worstGradientError({
    build: logitsOf,
    feed,
    loss: (g, logits) => g.one(crossEntropy(), [logits, g.input('classes', ['T'], 'i32')], 'loss'),
  });
  expect(verdict(worst, 1e-6)).toBe('agrees');
});

const { gpu } = await openNodeGpu();

describe.skipIf(!gpu)('cross-entropy on WebGPU', { timeout: 120_000 }, () => {
  test('agrees with the ONNX lowering', async () => {
    if (!gpu) return;
    const weight = normals(3 * classes, 9, 3);
    const expected = await run(createOnnxSession, weight);
    const actual = await run((options) => createWebGpuSession({ gpu, ...options }), weight);
    expect(actual.loss).toBeCloseTo(expected.loss, 5);
    expect(relativeError(actual.rows, expected.rows)).toBeLessThan(1e-5);
    expect(relativeError(actual.gradient, expected.gradient)).toBeLessThan(1e-5);
  });
});
