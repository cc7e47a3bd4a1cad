import { describe, expect, test } from 'vitest';
import { random } from '../../base/random.ts';
import { createOnnxSession } from '../../engine/onnx/session.ts';
import { relativeError } from '../../engine/testing/compare.ts';
import { openNodeGpu } from '../../engine/testing/nodeGpu.ts';
import { createWebGpuSession } from '../../engine/webgpu/session.ts';
import { keepEverything, type MemoryChoices } from '../../engine/plan/choices.ts';
import { SessionClassifier } from '../classifier.ts';
import { createTrainableModel } from '../create.ts';
import { carryMemory, segmentCuts, type RecurrenceOptions } from '../recurrence.ts';
import type { OptimizerStep, PackedBatch } from '../trainable.ts';
import { xlnetFamily } from './family.ts';

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? ` (WebGPU skipped: ${why.reason})` : '';
const lowerings = gpu ? (['onnx', 'webgpu'] as const) : (['onnx'] as const);

const labelCount = 3;
const sizes = { model_type: 'xlnet', vocab_size: 23, d_model: 16, n_layer: 3, n_head: 2, d_inner: 20 };
/** Longer than anything in front of a segment: then nothing is forgotten. */
const wholeMemory = { maxLength: 4, memoryLength: 32 };

/** Texts of one to six segments of four tokens, each with its <cls>. */
function texts(lengths: readonly number[], withTargets = false): PackedBatch {
  const draw = random(3);
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, b) => (offsets[b + 1] = (offsets[b] as number) + length));
  const total = offsets.at(-1) ?? 0;
  const segments = new Int32Array(total);
  for (const end of offsets.subarray(1)) segments[end - 1] = 2;
  const targets = Float32Array.from({ length: lengths.length * labelCount }, () => draw.integer(2));
  return {
    ids: Int32Array.from({ length: total }, () => draw.integer(sizes.vocab_size)),
    segments,
    offsets,
    targets: withTargets ? targets : null,
  };
}

async function modelOf(
  lowering: 'onnx' | 'webgpu',
  attention: 'uni' | 'bi',
  cut: { readonly maxLength: number; readonly memoryLength: number } | null,
): Promise<SessionClassifier> {
  const definition = xlnetFamily.create({ ...sizes, attn_type: attention, initializer_range: 0.3 });
  const memory = cut !== null;
  const options = {
    training: definition.graph({ labelCount, training: true, dropout: 0, memory }),
    inference: definition.graph({ labelCount, training: false, dropout: null, memory }),
    capacity: definition.capacity({ tokens: 64, sequences: 4, maxLength: 32, ...cut }),
  };
  const session =
    gpu && lowering === 'webgpu'
      ? await createWebGpuSession({ gpu, ...options })
      : await createOnnxSession(options);
  const recurrence: RecurrenceOptions | null =
    cut && definition.recurrence ? { ...cut, ...definition.recurrence } : null;
  const model = new SessionClassifier(definition, session, labelCount, undefined, recurrence);
  await model.load(null, 8);
  return model;
}

const update: OptimizerStep = {
  step: 1,
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  decay: 'all',
  clipNorm: null,
  seed: 1,
};

describe(`a text in segments, with memory${reason}`, { timeout: 240_000 }, () => {
  test('a text is cut so that its last segments are full', () => {
    expect(segmentCuts(11, 4)).toEqual([0, 3, 7, 11]);
    expect(segmentCuts(8, 4)).toEqual([0, 4, 8]);
    expect(segmentCuts(4, 4)).toEqual([0, 4]);
    expect(segmentCuts(1, 4)).toEqual([0, 1]);
  });

  test('memory is the last rows of what came before, across segments', async () => {
    const options = { maxLength: 4, memoryLength: 3, layers: 2, width: 1 };
    const batch = texts([6, 2, 9]);
    const seen: number[][] = [];
    // Each token's own place in the batch stands for its state; the second layer has it negated.
    const places = new Map(Array.from(batch.ids.keys(), (t) => [t, t]));
    const numbered = { ...batch, ids: Int32Array.from(places.keys()) };
    const last = await carryMemory(numbered, options, async (piece) => {
      seen.push([...piece.ids]);
      return [Float32Array.from(piece.ids), Float32Array.from(piece.ids, (x) => -x)];
    });
    expect(seen).toEqual([[8], [0, 1, 9, 10, 11, 12]]);
    expect([...last.ids]).toEqual([2, 3, 4, 5, 6, 7, 13, 14, 15, 16]);
    expect([...(last.memory?.offsets ?? [])]).toEqual([0, 2, 2, 5]);
    expect(last.memory?.layers.map((rows) => Array.from(rows))).toEqual([
      [0, 1, 10, 11, 12],
      [-0, -1, -10, -11, -12],
    ]);
  });

  test.each(lowerings)(
    'a unidirectional XLNet read in segments answers as in one piece (%s)',
    async (lowering) => {
      const batch = texts([11, 3, 8, 22]);
      const whole = await modelOf(lowering, 'uni', null);
      const expected = await whole.logits(batch);
      whole.dispose();
      const cut = await modelOf(lowering, 'uni', wholeMemory);
      const actual = await cut.logits(batch);
      // What is forgotten is missed: with one row of memory the answers of long texts change.
      cut.dispose();
      const forgetful = await modelOf(lowering, 'uni', { maxLength: 4, memoryLength: 1 });
      const forgotten = await forgetful.logits(batch);
      forgetful.dispose();
      expect(relativeError(actual, expected)).toBeLessThan(2e-5);
      expect(relativeError(forgotten.slice(0, 3), expected.slice(0, 3))).toBeGreaterThan(1e-3);
      // The second text is a single segment.
      expect(relativeError(forgotten.slice(3, 6), expected.slice(3, 6))).toBeLessThan(2e-5);
    },
  );

  test('both lowerings train alike on texts of several segments, and calls keep their order', async () => {
    const batches = [texts([11, 3], true), texts([8, 22], true)];
    const results = [];
    for (const lowering of lowerings) {
      const model = await modelOf(lowering, 'bi', { maxLength: 4, memoryLength: 4 });
      const before = model.logits(texts([11, 3]));
      const step = model.trainStep(batches, update);
      const after = model.logits(texts([11, 3]));
      results.push({ ...(await step), before: await before, after: await after });
      model.dispose();
    }
    const [onnx, webgpu = onnx] = results;
    expect(onnx?.loss).toBeGreaterThan(0.1);
    expect(relativeError(onnx?.after ?? [], onnx?.before ?? [])).toBeGreaterThan(1e-3);
    expect(webgpu?.loss).toBeCloseTo(onnx?.loss ?? 0, 5);
    expect(webgpu?.gradientNorm).toBeCloseTo(onnx?.gradientNorm ?? 0, 4);
    expect(relativeError(webgpu?.after ?? [], onnx?.after ?? [])).toBeLessThan(1e-3);
  });
});

test.each([
  { lowering: 'onnx', memory: { recompute: 'layers', storage: 'f32' }, tolerance: 1e-7 },
  { lowering: 'webgpu', memory: { recompute: 'layers', storage: 'f32' }, tolerance: 1e-7 },
  { lowering: 'webgpu', memory: { recompute: 'activations', storage: 'f16' }, tolerance: 5e-3 },
] as const)(
  'leaner plans train alike on texts of several segments: %o',
  async ({ lowering, memory, tolerance }) => {
    if (lowering === 'webgpu' && !gpu) return;
    const step = async (choice: MemoryChoices) => {
      const { model } = await createTrainableModel({
        config: { ...sizes, n_layer: 2, initializer_range: 0.3, dropout: 0.1, summary_last_dropout: 0.1 },
        weights: null,
        labelCount,
        lowering: gpu && lowering === 'webgpu' ? { kind: 'webgpu', gpu } : { kind: 'onnx', threads: 1 },
        capacity: { tokens: 64, sequences: 4, maxLength: 4, memoryLength: 4 },
        seed: 3,
        dropout: null,
        memory: choice,
      });
      const result = await model.trainStep([texts([11, 3, 8, 22], true)], update);
      model.dispose();
      return result;
    };
    const [kept, lean] = [await step(keepEverything), await step(memory)];
    expect(Math.abs(lean.loss / kept.loss - 1)).toBeLessThan(tolerance);
    expect(Math.abs(lean.gradientNorm / kept.gradientNorm - 1)).toBeLessThan(tolerance);
  },
  120_000,
);
