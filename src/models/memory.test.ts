import { describe, expect, test } from 'vitest';
import { createOnnxSession } from '../engine/onnx/session.ts';
import { applyMemoryChoices, keepEverything, type MemoryChoices } from '../engine/plan/choices.ts';
import { peakBytes } from '../engine/plan/liveness.ts';
import type { EngineSession } from '../engine/session.ts';
import { relativeError } from '../engine/testing/compare.ts';
import { openNodeGpu } from '../engine/testing/nodeGpu.ts';
import { normals } from '../engine/testing/packed.ts';
import { lowerToWebGpu } from '../engine/webgpu/lower.ts';
import { createWebGpuSession } from '../engine/webgpu/session.ts';
import type { TrainedParts } from './adapters/trainedParts.ts';
import { leaner } from './choosePlan.ts';
import { defineModel, planModelMemory, planModelTable } from './create.ts';

const { gpu } = await openNodeGpu();
const gigabyte = 1e9;
const everywhere = 128 * 2 ** 20;

const xlnetBase = {
  model_type: 'xlnet',
  vocab_size: 32000,
  d_model: 768,
  n_layer: 12,
  n_head: 12,
  d_inner: 3072,
};

const tiny = {
  xlnet: { model_type: 'xlnet', vocab_size: 40, d_model: 80, n_layer: 4, n_head: 5, d_inner: 160 },
  bert: {
    model_type: 'bert',
    vocab_size: 40,
    hidden_size: 80,
    num_hidden_layers: 4,
    num_attention_heads: 5,
    intermediate_size: 160,
    max_position_embeddings: 64,
    type_vocab_size: 2,
  },
};

const batch = {
  ids: Int32Array.from({ length: 30 }, (_, i) => (i * 7) % 40),
  segments: new Int32Array(30),
  offsets: Uint32Array.of(0, 17, 26, 30),
  targets: Float32Array.of(1, 0, 0, 1, 1, 0),
};

/** Weights of a trained model's size: attention scores of about ±3, so that no softmax is a switch. */
async function fill(session: EngineSession): Promise<void> {
  for (const [i, { tensor, shape, role }] of session.parameters.entries()) {
    const values = normals(
      shape.reduce((product, size) => product * size, 1),
      1000 + i,
      0.12,
    );
    await session.write(
      'parameter',
      tensor.name,
      role === 'norm' ? values.map((value) => 1 + value) : values,
    );
  }
}

/** Loss and gradients of one micro-batch under plan choices. */
async function gradients(
  lowering: 'onnx' | 'webgpu',
  config: unknown,
  choices: MemoryChoices,
  trained?: TrainedParts,
): Promise<Map<string, Float32Array>> {
  const definition = defineModel(config);
  const graph = (training: boolean) =>
    definition.graph({
      labelCount: 2,
      training,
      dropout: training ? 0.1 : null,
      ...(trained && { trained }),
    });
  const options = {
    training: applyMemoryChoices(graph(true), choices),
    inference: graph(false),
    capacity: definition.capacity({ tokens: 32, sequences: 4, maxLength: 32 }),
  };
  const session: EngineSession =
    lowering === 'webgpu' && gpu
      ? await createWebGpuSession({ gpu, ...options })
      : await createOnnxSession(options);
  try {
    await fill(session);
    const lengthMultiple = lowering === 'onnx' ? 1 : 16;
    const feed = definition.feed(batch, { seed: 5, lossScale: 1 / 6, lengthMultiple });
    const { loss } = await session.step([feed], null);
    const values = new Map([['loss', Float32Array.of(loss)]]);
    for (const name of session.trained)
      values.set(name, Float32Array.from(await session.read('gradient', name)));
    return values;
  } finally {
    session.dispose();
  }
}

test('XLNet-base with AdamW is planned within the bytes that were promised', () => {
  const bytes = (sequences: number, maxLength: number, memory: MemoryChoices) =>
    planModelMemory(xlnetBase, 100, { tokens: 4096, sequences, maxLength }, everywhere, { memory })
      .totalBytes / gigabyte;
  const kept: MemoryChoices = { recompute: 'activations', storage: 'f32' };
  const layers: MemoryChoices = { recompute: 'layers', storage: 'f32' };
  expect(bytes(32, 128, keepEverything)).toBeLessThanOrEqual(4);
  expect(bytes(32, 128, kept)).toBeLessThanOrEqual(3.5);
  expect(bytes(8, 512, kept)).toBeLessThanOrEqual(4.5);
  expect(bytes(32, 128, layers)).toBeLessThanOrEqual(2.6);
  expect(bytes(8, 512, layers)).toBeLessThanOrEqual(2.6);
  expect(bytes(8, 512, keepEverything)).toBeLessThanOrEqual(4.5);
});

test('updated by layer, XLNet-base with AdamW takes half of what keeping everything takes', () => {
  const bytes = (memory: MemoryChoices, measures: boolean) =>
    planModelMemory(xlnetBase, 100, { tokens: 4096, sequences: 32, maxLength: 128 }, everywhere, {
      memory,
      measures,
    });
  const kept = bytes(keepEverything, true).totalBytes;
  const leanest: MemoryChoices = { recompute: 'layers', storage: 'f32', update: 'layers' };
  for (const measures of [true, false]) {
    const { totalBytes, byCategory } = bytes(leanest, measures);
    expect(totalBytes / kept).toBeLessThan(0.5);
    // One layer's gradient stands where there were those of twelve and of the embeddings.
    expect((byCategory['gradients'] ?? 0) / (byCategory['parameters'] ?? 1)).toBeLessThan(0.1);
  }
});

test('a recomputed step of 12 layers stays within 560 dispatches, a kept one within 450', () => {
  const definition = defineModel(xlnetBase);
  const capacity = definition.capacity({ tokens: 4096, sequences: 32, maxLength: 128 });
  const graph = definition.graph({ labelCount: 100, training: true, dropout: null });
  const dispatches = (recompute: MemoryChoices['recompute']) => {
    const environment = { capacity, avoidsBarriers: false };
    const lowered = lowerToWebGpu(applyMemoryChoices(graph, { recompute, storage: 'f32' }), environment);
    const kernels = lowered.nodes.flatMap((node) => node.operation.kernels(node, environment));
    // Beside the graph: two kernels a parameter group for the norm and the update, and one that closes the norm.
    return kernels.length + 2 * 14 + 1;
  };
  expect(dispatches('activations')).toBeLessThanOrEqual(450);
  expect(dispatches('layers')).toBeLessThanOrEqual(560);
});

test('the layout wastes at most two percent over what is alive at once', () => {
  const definition = defineModel(xlnetBase);
  const capacity = definition.capacity({ tokens: 4096, sequences: 8, maxLength: 512 });
  const graph = definition.graph({ labelCount: 100, training: true, dropout: null });
  for (const recompute of ['nothing', 'activations', 'layers'] as const) {
    for (const storage of ['f32', 'f16'] as const) {
      const memory = { recompute, storage };
      const environment = { capacity, avoidsBarriers: false };
      const bound = peakBytes(lowerToWebGpu(applyMemoryChoices(graph, memory), environment), capacity);
      const { byCategory } = planModelMemory(
        xlnetBase,
        100,
        { tokens: 4096, sequences: 8, maxLength: 512 },
        everywhere,
        { memory },
      );
      expect((byCategory['activations'] ?? 0) / bound).toBeLessThan(1.02);
    }
  }
});

test('frozen layers and low-rank updates take neither gradients nor moments', () => {
  const capacity = { tokens: 4096, sequences: 32, maxLength: 128 };
  const plan = (trained?: TrainedParts) =>
    planModelMemory(xlnetBase, 100, capacity, everywhere, trained ? { trained } : {});
  const whole = plan();
  const frozen = plan({
    frozen: ['embedding', ...Array.from({ length: 6 }, (_, i) => `layer.${i}`)],
    lora: null,
  });
  const lora = plan({
    frozen: [],
    lora: { rank: 8, alpha: 16, dropout: 0.1, targets: ['rel_attn.q', 'rel_attn.v'] },
  });
  const state = ({ byCategory }: typeof whole) =>
    (byCategory['gradients'] ?? 0) + (byCategory['moments'] ?? 0);
  expect(frozen.byCategory['parameters']).toBe(whole.byCategory['parameters']);
  expect(state(frozen) / state(whole)).toBeLessThan(0.45);
  expect((frozen.byCategory['activations'] ?? 0) / (whole.byCategory['activations'] ?? 1)).toBeLessThan(0.6);
  // 12 layers × 2 matrices × 2 factors of 768 × 8, and the head.
  expect(state(lora) / 12).toBeLessThan(12 * 4 * 768 * 8 + 768 * 768 + 110 * 768 + 1e4);
  expect(lora.totalBytes).toBeLessThan(0.6 * whole.totalBytes);
});

test('a table of plans runs from the fastest to the leanest, and auto takes the fastest that fits', () => {
  const table = (budgetBytes: number | null) =>
    planModelTable(xlnetBase, 100, { tokens: 4096, sequences: 64, maxLength: 512 }, everywhere, {
      budgetBytes,
    });
  const { candidates, chosen } = table(3 * gigabyte);
  const bytes = candidates.map(({ totalBytes }) => totalBytes);
  const times = candidates.map(({ relativeTime }) => relativeTime);
  expect(bytes).toEqual(bytes.toSorted((a, b) => b - a));
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(chosen).toEqual(candidates.find(({ fits }) => fits));
  expect(chosen?.totalBytes).toBeLessThanOrEqual(3 * gigabyte);
  expect(table(1 * gigabyte).chosen).toBeNull();
  const unknown = table(null).chosen;
  expect(unknown?.memory.storage).toBe('f32');
  expect(unknown?.relativeTime).toBeLessThanOrEqual(1.03);
});

test('a device that refuses a plan is asked for ever leaner ones, each at least a tenth smaller', () => {
  const table = planModelTable(xlnetBase, 100, { tokens: 4096, sequences: 64, maxLength: 512 }, everywhere, {
    budgetBytes: null,
  });
  const [first] = table.candidates;
  if (!first) throw new Error('no candidates');
  const steps = [first, ...leaner(table, first)];
  expect(steps.length).toBeGreaterThan(3);
  steps.slice(1).forEach(({ totalBytes }, i) => {
    expect(totalBytes).toBeLessThanOrEqual(0.9 * (steps[i]?.totalBytes ?? 0));
  });
  expect(leaner(table, table.candidates.at(-1) ?? first)).toEqual([]);
});

test('RoBERTa’s embedding, larger than a binding, is laid out in parts and takes no byte more', () => {
  const roberta = {
    ...tiny.bert,
    model_type: 'roberta',
    vocab_size: 50265,
    hidden_size: 768,
    num_attention_heads: 12,
  };
  const capacity = { tokens: 64, sequences: 4, maxLength: 32 };
  const needed = (50265 + 64) * 768 * 4;
  expect(needed).toBeGreaterThan(everywhere);
  const parts = planModelMemory(roberta, 2, capacity, everywhere);
  expect(parts.byCategory).toEqual(planModelMemory(roberta, 2, capacity, 2 ** 30).byCategory);
  expect(parts.totalBytes).toBeGreaterThan(4 * needed);
});

test('a weight that no binding holds is refused with what is needed and granted', () => {
  const wide = { ...tiny.bert, hidden_size: 2048, intermediate_size: 32768, num_attention_heads: 32 };
  expect(() => planModelMemory(wide, 2, { tokens: 64, sequences: 4, maxLength: 32 }, everywhere)).toThrow(
    expect.objectContaining({
      code: 'limit-too-small',
      details: expect.objectContaining({ needed: 2048 * 32768 * 4, granted: everywhere }),
    }),
  );
});

const adamW = {
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decay: 'no-bias-no-norm',
} as const;

const lowerings = (['onnx', 'webgpu'] as const).filter((lowering) => lowering === 'onnx' || gpu);
const models = Object.entries(tiny).flatMap(([name, config]) =>
  lowerings.map((lowering) => ({ name, config, lowering })),
);

describe.skipIf(!gpu).each(Object.entries(tiny))('%s updated by layer', { timeout: 300_000 }, (_, config) => {
  test.each([true, false])(
    'ends two steps with the bits of an update at the end (measured: %s)',
    async (measures) => {
      const definition = defineModel(config);
      const graph = (training: boolean) =>
        definition.graph({ labelCount: 2, training, dropout: training ? 0.1 : null });
      const feed = definition.feed(batch, { seed: 5, lossScale: 1 / 6, lengthMultiple: 16 });
      const after = async (choices: MemoryChoices) => {
        if (!gpu) throw new Error('no WebGPU');
        const session = await createWebGpuSession({
          gpu,
          training: applyMemoryChoices(graph(true), choices, measures),
          inference: graph(false),
          capacity: definition.capacity({ tokens: 32, sequences: 4, maxLength: 32 }),
        });
        try {
          await fill(session);
          const outcomes = [];
          for (const step of [1, 2])
            outcomes.push(await session.step([feed], { ...adamW, step, clipNorm: measures ? 0.2 : null }));
          const names = [...session.trained];
          const values = names.map(
            async (name) => [name, (await session.read('parameter', name)).slice()] as const,
          );
          return { outcomes, parameters: new Map(await Promise.all(values)) };
        } finally {
          session.dispose();
        }
      };
      const atEnd = await after(keepEverything);
      expect(atEnd.parameters.size).toBeGreaterThan(40);
      const byLayer = await after({ recompute: 'layers', storage: 'f32', update: 'layers' });
      expect(byLayer.outcomes).toEqual(atEnd.outcomes);
      const differing = [...atEnd.parameters].filter(
        ([name, values]) => relativeError(byLayer.parameters.get(name) ?? [], values) !== 0,
      );
      expect(differing.map(([name]) => name)).toEqual([]);
    },
  );
});

describe.each(models)('$name on $lowering', { timeout: 300_000 }, ({ config, lowering }) => {
  test('recomputed gradients are the kept ones bit for bit, halves move them by less than 5e-4 of the largest', async () => {
    const kept = await gradients(lowering, config, keepEverything);
    expect(kept.size).toBeGreaterThan(40);
    const recomputed = await gradients(lowering, config, { recompute: 'layers', storage: 'f32' });
    const differing = [...kept].filter(
      ([name, values]) => relativeError(recomputed.get(name) ?? [], values) !== 0,
    );
    expect(differing.map(([name]) => name)).toEqual([]);
    const halves = await gradients(lowering, config, { recompute: 'nothing', storage: 'f16' });
    // Only attention goes on with rounded operands.
    expect(relativeError(halves.get('loss') ?? [], kept.get('loss') ?? [])).toBeLessThan(1e-3);
    const flat = (values: Map<string, Float32Array>) =>
      [...values.values()].flatMap((part) => Array.from(part));
    const error = relativeError(flat(halves), flat(kept));
    expect(error).toBeLessThan(5e-4);
    expect(error).toBeGreaterThan(1e-6);
    const leanest = await gradients(lowering, config, { recompute: 'layers', storage: 'f16' });
    expect(relativeError(flat(leanest), flat(kept))).toBeLessThan(5e-4);
  });
});
