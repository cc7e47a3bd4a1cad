import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { countViolations, hierarchyOf } from '../../core/encodings/hierarchy.ts';
import type { EncodingPlan } from '../../core/encodings/types.ts';
import { relativeError } from '../../engine/testing/compare.ts';
import { openNodeGpu } from '../../engine/testing/nodeGpu.ts';
import { createTrainableModel, planModelMemory, type Lowering } from '../create.ts';
import { createInferenceModel } from '../inference.ts';
import type { OptimizerStep, PackedBatch, StateTensor } from '../trainable.ts';
import type { SessionClassifier } from '../classifier.ts';

const { gpu, ...none } = await openNodeGpu();
const noGpu = 'reason' in none ? ` (skipped: ${none.reason})` : '';
const cpu: Lowering = { kind: 'onnx', threads: 1 };

const config = {
  model_type: 'distilbert',
  vocab_size: 40,
  initializer_range: 0.1,
  dim: 32,
  n_layers: 1,
  n_heads: 2,
  hidden_dim: 48,
  max_position_embeddings: 24,
};
const labels = 5;
const capacity = { tokens: 128, sequences: 16, maxLength: 16 };

/** Texts of four words; label 0 is in the text, label 1 comes with label 0 only, the rest are noise of the words. */
function batchOf(seed: number, rows = 16): PackedBatch {
  const stream = random(seed);
  const ids: number[] = [];
  const targets = new Float32Array(rows * labels);
  for (let row = 0; row < rows; row++) {
    const words = Array.from({ length: 4 }, () => 4 + stream.integer(36));
    ids.push(2, ...words, 3);
    for (let label = 0; label < labels; label++)
      targets[row * labels + label] = words.some((word) => word % 7 === label) ? 1 : 0;
    if (targets[row * labels] === 0) targets[row * labels + 1] = 0;
  }
  return {
    ids: Int32Array.from(ids),
    segments: new Int32Array(ids.length),
    offsets: Uint32Array.from({ length: rows + 1 }, (_, row) => 6 * row),
    targets,
  };
}

const stepOf = (step: number): OptimizerStep => ({
  step,
  learningRate: 3e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decay: 'all',
  clipNorm: 1,
  seed: 3,
});

const chain: EncodingPlan = {
  kind: 'chain',
  labels,
  orders: [
    [0, 1, 2, 3, 4],
    [4, 2, 0, 3, 1],
  ],
  passes: 'decision',
};
const hierarchy = hierarchyOf([[], [0], [], [2], []]);

/** Names 0 and 1 are the same word, 2 differs in its one word. */
const names = {
  ids: Int32Array.of(2, 9, 3, 2, 9, 3, 2, 30, 3, 2, 31, 5, 3, 2, 12, 3),
  offsets: Uint32Array.of(0, 3, 6, 9, 13, 16),
};

async function modelOf(encoding: EncodingPlan | undefined, lowering: Lowering, more = {}) {
  const made = await createTrainableModel({
    config,
    weights: null,
    labelCount: labels,
    lowering,
    capacity,
    seed: 5,
    dropout: 0,
    encoding,
    ...more,
  });
  return made.model;
}

async function trained(model: SessionClassifier, from: number, to: number): Promise<number[]> {
  const losses: number[] = [];
  for (let step = from; step <= to; step++)
    losses.push((await model.trainStep([batchOf(step)], stepOf(step))).loss);
  return losses;
}

async function stateOf(model: SessionClassifier): Promise<StateTensor[]> {
  const kept: StateTensor[] = [];
  for await (const tensor of model.readState(['parameter', 'firstMoment', 'secondMoment'])) kept.push(tensor);
  return kept;
}

const tensorOf = (state: readonly StateTensor[], name: string) =>
  state.find((tensor) => tensor.kind === 'parameter' && tensor.name === name);

describe('label encodings on a model', () => {
  it('trains chains by teacher forcing and leaves what a label may not see at zero', async () => {
    const model = await modelOf(chain, cpu);
    const losses = await trained(model, 1, 60);
    expect(losses.slice(-5).every((loss) => loss < (losses[0] ?? 0))).toBe(true);
    const state = await stateOf(model);
    const weight = tensorOf(state, 'label_chain.weight');
    expect(weight?.shape).toEqual([10, 5]);
    expect(tensorOf(state, 'classifier.weight')?.shape).toEqual([10, 32]);
    const at = (output: number, label: number) => weight?.data[output * labels + label] ?? Number.NaN;
    // First chain: 1 sees 0. Second: 0 sees 4 and 2 alone.
    expect(Math.abs(at(1, 0))).toBeGreaterThan(0.01);
    expect([at(0, 0), at(0, 1), at(1, 1), at(1, 4), at(5, 1), at(5, 3), at(9, 4)]).toEqual([
      0, 0, 0, 0, 0, 0, 0,
    ]);
    expect(at(5, 4)).not.toBe(0);
    expect((await model.logits(batchOf(99))).length).toBe(16 * labels);
    model.dispose();
  });

  it('goes on bit for bit from its state, and answers the same without training', async () => {
    const whole = await modelOf(chain, cpu);
    const losses = await trained(whole, 1, 6);
    const first = await modelOf(chain, cpu);
    await trained(first, 1, 3);
    const second = await modelOf(chain, cpu);
    await second.writeState(await stateOf(first));
    expect(await trained(second, 4, 6)).toEqual(losses.slice(3));
    const state = await stateOf(whole);
    const answering = await createInferenceModel({
      config,
      weights: {
        tensors: whole.parameters,
        read: async (name) => tensorOf(state, name)?.data ?? new Float32Array(),
      },
      labelCount: labels,
      lowering: cpu,
      capacity,
      encoding: chain,
    });
    expect(await answering.logits(batchOf(50))).toEqual(await whole.logits(batchOf(50)));
    for (const model of [whole, first, second, answering]) model.dispose();
  });

  it('learns conditionals where parents hold, says a loss without the hidden cells, and never contradicts', async () => {
    const plan: EncodingPlan = { kind: 'hierarchical', labels, consistency: 'product', hierarchy };
    const model = await modelOf(plan, cpu);
    const plain = await modelOf(undefined, cpu);
    const batch = batchOf(1);
    const [loss] = await trained(model, 1, 1);
    // By hand: cross-entropy over the cells whose parents are true, over all cells.
    const logits = await plain.logits(batch);
    let sum = 0;
    for (let cell = 0; cell < logits.length; cell++) {
      const row = cell - (cell % labels);
      const above = hierarchy.parents[cell % labels] ?? [];
      if (above.some((parent) => batch.targets?.[row + parent] === 0)) continue;
      const [z, y] = [logits[cell] as number, batch.targets?.[cell] as number];
      sum += Math.log1p(Math.exp(z)) - y * z;
    }
    expect(loss).toBeCloseTo(sum / logits.length, 5);
    await trained(model, 2, 20);
    const decoded = await model.logits(batchOf(77));
    expect(countViolations(decoded, labels, hierarchy)).toMatchObject({ probability: 0, decision: 0 });
    model.dispose();
    plain.dispose();
  });

  it('begins with vectors of the label names: like names, like rows', async () => {
    const model = await modelOf({ kind: 'label-embedding', labels }, cpu, { names });
    const { data = new Float32Array() } = tensorOf(await stateOf(model), 'classifier.weight') ?? {};
    const row = (label: number) => data.subarray(label * 32, (label + 1) * 32);
    const norm = (label: number) => Math.hypot(...row(label));
    expect(relativeError(row(1), row(0))).toBeLessThan(1e-5);
    expect(relativeError(row(2), row(0))).toBeGreaterThan(0.1);
    for (let label = 0; label < labels; label++) expect(norm(label)).toBeCloseTo(0.1 * Math.sqrt(32), 4);
    model.dispose();
  });

  it.skipIf(!gpu)(`trains the same on both lowerings${noGpu}`, async () => {
    if (!gpu) return;
    const product: EncodingPlan = { kind: 'hierarchical', labels, consistency: 'product', hierarchy };
    const named: EncodingPlan = { kind: 'label-embedding', labels };
    for (const encoding of [chain, product, named]) {
      const onCpu = await modelOf(encoding, cpu, { names });
      const onGpu = await modelOf(encoding, { kind: 'webgpu', gpu }, { names });
      const [a, b] = [await trained(onCpu, 1, 3), await trained(onGpu, 1, 3)];
      expect(relativeError(Float32Array.from(b), Float32Array.from(a))).toBeLessThan(1e-5);
      expect(relativeError(await onGpu.logits(batchOf(9)), await onCpu.logits(batchOf(9)))).toBeLessThan(
        1e-4,
      );
      onCpu.dispose();
      onGpu.dispose();
    }
  });

  it('is part of the memory that is planned', () => {
    const bytes = (encoding?: Parameters<typeof planModelMemory>[4]) =>
      planModelMemory(config, 40, capacity, 2 ** 27, encoding).byCategory['parameters'] ?? 0;
    const ensemble = { kind: 'chain', order: 'given', chains: 3, passes: 'decision' } as const;
    // Three heads of 40 outputs over 32, their biases, and what 40 labels say of each other.
    const more = (bytes({ encoding: ensemble }) - bytes()) / (4 * (80 * 33 + 120 * 40));
    expect(more).toBeCloseTo(1, 2);
  });
});
