import { describe, expect, test } from 'vitest';
import { Decoder } from '../models/llama/decoder.ts';
import { meanLoss } from '../models/llama/score.ts';
import { formulaWeights, goldens } from '../models/llama/testing.ts';
import { cutExamples, tuneDecoder, usableExamples, type DecoderTuning } from './tuneDecoder.ts';

const golden = goldens.cases.llama;
const options: DecoderTuning = {
  epochs: 4,
  batchSize: 3,
  learningRate: 5e-3,
  warmupRatio: 0.25,
  weightDecay: 0.01,
  budgetTokens: 40,
  seed: 3,
};
const examples = Array.from({ length: 5 }, (_, i) => ({
  ids: Int32Array.from({ length: 6 + i }, (__, t) => (3 * t + i) % 40),
  learnedFrom: 2,
}));

async function tuned(more: Partial<DecoderTuning> = {}, dropout = 0.1) {
  const decoder = await Decoder.create({
    config: golden.config,
    weights: formulaWeights(golden.shapes),
    lowering: { kind: 'onnx' },
    contextTokens: 32,
    sequences: 1,
    trained: { frozen: [], lora: { rank: 4, alpha: 8, dropout, targets: [] } },
    budgetTokens: 40,
  });
  try {
    const before = await meanLoss(decoder, examples);
    const steps = await tuneDecoder(decoder, examples, { ...options, ...more });
    return { before, after: await meanLoss(decoder, examples), steps };
  } finally {
    decoder.dispose();
  }
}

describe('tuning a decoder', { timeout: 120_000 }, () => {
  test('lowers the loss on every example along a rate that rises and falls', async () => {
    const { before, after, steps } = await tuned();
    expect(steps).toHaveLength(8);
    expect(after).toBeLessThan(before);
    expect(steps.map(({ epoch }) => epoch)).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    // transformers' linear schedule: two updates of warm-up, the first at rate 0.
    const shares = [0, 0.5, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6];
    steps.forEach(({ learningRate }, i) => expect(learningRate).toBeCloseTo(5e-3 * (shares[i] ?? 0), 9));
    const read = steps.slice(0, 2).reduce((sum, { tokens }) => sum + tokens, 0);
    expect(read).toBe(examples.reduce((sum, { ids }) => sum + ids.length, 0));
    expect(steps.at(-1)?.etaMs).toBe(0);
  });

  test('repeats bit for bit under one seed, dropout and all', async () => {
    const [first, second, other] = [await tuned(), await tuned(), await tuned({ seed: 4 })];
    const losses = ({ steps }: typeof first) => steps.map(({ loss }) => loss);
    expect(losses(second)).toEqual(losses(first));
    expect(second.after).toBe(first.after);
    expect(losses(other)).not.toEqual(losses(first));
  });

  test('cut into passes, a batch gives the same update', async () => {
    const [whole, cut] = [await tuned({}, 0), await tuned({ budgetTokens: 12 }, 0)];
    whole.steps.forEach(({ loss }, i) => expect(cut.steps[i]?.loss).toBeCloseTo(loss, 4));
  });

  test('refuses impossible settings and examples without anything to learn, by name', async () => {
    await expect(tuned({ learningRate: 0 })).rejects.toMatchObject({ code: 'tuning-invalid' });
    expect(() => usableExamples([{ ids: Int32Array.of(1, 2), learnedFrom: 2 }])).toThrow(/no example/);
  });

  test('long examples are cut at the end, and counted', () => {
    const { examples: short, cut } = cutExamples(examples, 7);
    expect(cut).toBe(3);
    expect(short.map(({ ids }) => ids.length)).toEqual([6, 7, 7, 7, 7]);
  });
});
