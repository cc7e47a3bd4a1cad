import { describe, expect, test } from 'vitest';
import type { Dims, Graph } from '../graph/types.ts';
import { createOnnxSession } from '../onnx/session.ts';
import type { EngineSession } from '../session.ts';
import { relativeError } from '../testing/compare.ts';
import { layeredFeed, layeredGraph } from '../testing/layeredModel.ts';
import { openNodeGpu } from '../testing/nodeGpu.ts';
import { idleTrainingGraph } from '../testing/oneOp.ts';
import { fillParameters } from '../testing/tinyModel.ts';
import { createWebGpuSession } from '../webgpu/session.ts';
import { applyMemoryChoices, type MemoryChoices } from './choices.ts';
import { peakBytes } from './liveness.ts';

const { gpu } = await openNodeGpu();
const capacity: Dims = { T: 64, B: 8, R: 64, K: 16 };
const f32 = (recompute: MemoryChoices['recompute']): MemoryChoices => ({ recompute, storage: 'f32' });
const f16 = (recompute: MemoryChoices['recompute']): MemoryChoices => ({ recompute, storage: 'f16' });

/** Loss and gradients of two micro-batches. */
async function gradients(lowering: 'onnx' | 'webgpu', training: Graph): Promise<Map<string, Float32Array>> {
  const options = { training, inference: idleTrainingGraph(), capacity };
  const session: EngineSession =
    lowering === 'webgpu' && gpu
      ? await createWebGpuSession({ gpu, ...options })
      : await createOnnxSession(options);
  try {
    await fillParameters(session);
    const { loss } = await session.step([layeredFeed([20, 9, 13], 3), layeredFeed([7, 1], 4)], null);
    const values = new Map([['loss', Float32Array.of(loss)]]);
    for (const name of session.trained)
      values.set(name, Float32Array.from(await session.read('gradient', name)));
    return values;
  } finally {
    session.dispose();
  }
}

function worst(actual: Map<string, Float32Array>, expected: Map<string, Float32Array>): number {
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  return Math.max(...[...expected].map(([name, values]) => relativeError(actual.get(name) ?? [], values)));
}

const graph = layeredGraph({ layers: 3 });
const lowerings = (['onnx', 'webgpu'] as const).filter((lowering) => lowering === 'onnx' || gpu);

describe.each(lowerings)('memory choices (%s)', { timeout: 240_000 }, (lowering) => {
  test('recomputed gradients are those of kept activations, bit for bit', async () => {
    const kept = await gradients(lowering, graph);
    expect(await gradients(lowering, applyMemoryChoices(graph, f32('activations')))).toEqual(kept);
    expect(await gradients(lowering, applyMemoryChoices(graph, f32('layers')))).toEqual(kept);
  });

  test('half storage keeps the loss and moves gradients by less than a thousandth', async () => {
    const kept = await gradients(lowering, graph);
    for (const choice of ['nothing', 'activations', 'layers'] as const) {
      const halves = await gradients(lowering, applyMemoryChoices(graph, f16(choice)));
      expect(halves.get('loss')).toEqual(kept.get('loss'));
      const error = worst(halves, kept);
      expect(error).toBeLessThan(1e-3);
      // Not zero: the rounding really takes place.
      expect(error).toBeGreaterThan(1e-6);
    }
  });
});

test('each choice holds less alive than the one before it', () => {
  const peak = (choices: MemoryChoices) =>
    peakBytes(applyMemoryChoices(layeredGraph({ layers: 12 }), choices), { ...capacity, T: 4096 });
  const peaks = [
    f32('nothing'),
    f32('activations'),
    f16('nothing'),
    f16('activations'),
    f32('layers'),
    f16('layers'),
  ].map(peak);
  expect(peaks).toEqual(peaks.toSorted((a, b) => b - a));
  expect(new Set(peaks).size).toBe(peaks.length);
});

test('a layer recomputes what its backward pass reads, once; the last layer and the head nothing', () => {
  const again = applyMemoryChoices(graph, f32('layers'))
    .nodes.flatMap(({ outputs }) => outputs.map(({ name }) => name))
    .filter((name) => name.endsWith('.again'));
  expect(new Set(again).size).toBe(again.length);
  expect(again).toContain('layer.0.active.dropped.again');
  expect(again).toContain('layer.1.sum.again');
  // The input of layer 1 is layer 0's output, and kept; layer 2 is the last.
  expect(again).not.toContain('layer.0.norm.again');
  expect(again.filter((name) => name.startsWith('layer.2'))).toEqual([]);
});

test('frozen groups cost no gradient, and nothing runs backward below the lowest trained layer', () => {
  const frozen = new Set(['embedding', 'layer.0']);
  const trained = layeredGraph({ layers: 3, trains: ({ group }) => !frozen.has(group) });
  const names = [...trained.gradients.keys()];
  expect(names).toHaveLength(2 * 5 + 1);
  expect(names.some((name) => name.startsWith('embedding') || name.startsWith('layer.0'))).toBe(false);
  expect(trained.parameters).toHaveLength(graph.parameters.length);
  const backward = trained.nodes.slice(trained.backwardStart);
  expect(backward.some(({ outputs }) => outputs.some(({ name }) => /layer\.0|embed/.test(name)))).toBe(false);
  // Layer 1's input needs no gradient: the product that would make it is not there.
  const products = backward.filter(({ operation }) => operation.name === 'matmul').length;
  expect(products).toBe(2 + 4 + 3);
});

test('a graph in which nothing trains is refused', () => {
  expect(() => layeredGraph({ layers: 1, trains: () => false })).toThrow(/No trained parameter/);
});
