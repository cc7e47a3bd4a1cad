import { describe, expect, test } from 'vitest';
import { TextStream } from '../../core/tokenizer/generative.ts';
import { openNodeGpu } from '../../engine/testing/nodeGpu.ts';
import type { LoraOptions } from '../adapters/trainedParts.ts';
import type { Lowering } from '../create.ts';
import { promptIds } from './chat.ts';
import { Decoder } from './decoder.ts';
import { Generator, promptToken } from './generate.ts';
import { meanLoss } from './score.ts';
import { formulaWeights, goldens, greedy, openStories, storiesFiles, storiesText } from './testing.ts';

const { gpu } = await openNodeGpu();
const lowerings: readonly (readonly [string, Lowering])[] = [
  ['onnx', { kind: 'onnx' }],
  ...(gpu ? [['webgpu', { kind: 'webgpu', gpu }] as const] : []),
];
const lora: LoraOptions = { rank: 3, alpha: 6, dropout: 0, targets: [] };
const family = ['llama', 'qwen2', 'qwen3'] as const;

/** Gradient of a published tensor out of the engine's packed one. */
async function gradientOf(decoder: Decoder, name: string): Promise<readonly number[]> {
  const owner = decoder.session.parameters.find(({ parts }) => parts.some((part) => part.name === name));
  const part = owner?.parts.find((candidate) => candidate.name === name);
  if (!owner || !part) throw new Error(`no parameter holds ${name}`);
  const packed = await decoder.session.read('gradient', owner.tensor.name);
  const width = owner.shape.slice(1).reduce((a, b) => a * b, 1);
  const own = packed.subarray(part.start * width, (part.start + part.length) * width);
  return [own.reduce((sum, g) => sum + g * g, 0), ...own.subarray(0, 3)];
}

function expectClose(actual: readonly number[], expected: readonly number[], what: string): void {
  const magnitude = Math.max(1e-3, Math.sqrt(expected[0] ?? 0));
  expect(Math.sqrt(actual[0] ?? 0), what).toBeCloseTo(Math.sqrt(expected[0] ?? 0), 4);
  expected.slice(1).forEach((g, i) => {
    expect(Math.abs((actual[i + 1] ?? Number.NaN) - g) / magnitude, `${what}[${i}]`).toBeLessThan(1e-4);
  });
}

const examples = goldens.texts.map((ids, i) => ({
  ids: Int32Array.from(ids),
  learnedFrom: goldens.learnedFrom[i] ?? 1,
}));

describe.each(lowerings)('tiny decoders on %s agree with transformers', (name, lowering) => {
  const cases = name === 'webgpu' ? (['llama'] as const) : family;

  test.each(cases)(
    '%s: logits, greedy tokens, loss and every gradient',
    { timeout: 240_000 },
    async (kind) => {
      const golden = goldens.cases[kind];
      const decoder = await Decoder.create({
        config: golden.config,
        weights: formulaWeights(golden.shapes),
        lowering,
        contextTokens: 32,
        sequences: 2,
        trained: { frozen: [], lora: null },
        budgetTokens: 16,
      });
      try {
        for (const [i, ids] of goldens.texts.entries()) {
          const logits = await decoder.read(ids.map((id, t) => promptToken(id, t, t === ids.length - 1)));
          golden.lastLogits[i]?.forEach((value, c) => expect(logits[c]).toBeCloseTo(value, 4));
        }
        const { replies } = await new Generator(decoder).generate(goldens.texts[0] ?? [], {
          ...greedy,
          maxTokens: 12,
          endIds: [],
        });
        expect(replies[0]?.tokens).toEqual(golden.greedy);
        // The graph that generates and the one that learns are two: they must agree.
        expect(await meanLoss(decoder, examples)).toBeCloseTo(golden.loss, 5);
        // Two micro-batches: sums over them are part of what is compared.
        const { loss } = await decoder.trainStep(
          examples.map((example) => [example]),
          null,
        );
        expect(loss).toBeCloseTo(golden.loss, 5);
        for (const [tensor, expected] of Object.entries(golden.gradients))
          expectClose(await gradientOf(decoder, tensor), expected, tensor);
      } finally {
        decoder.dispose();
      }
    },
  );

  test.each(cases)(
    '%s: loss and gradients of a LoRA adapter, as PEFT has them',
    { timeout: 240_000 },
    async (kind) => {
      const golden = goldens.cases[kind];
      const decoder = await Decoder.create({
        config: golden.config,
        weights: formulaWeights(golden.shapes),
        lowering,
        contextTokens: 32,
        sequences: 1,
        trained: { frozen: [], lora },
        budgetTokens: 16,
      });
      try {
        const shapes = Object.fromEntries(
          decoder.adapter.tensors.map(({ name: own, shape }) => [own, shape]),
        );
        expect(Object.keys(shapes).toSorted()).toEqual(Object.keys(golden.lora.gradients).toSorted());
        await decoder.loadAdapter(formulaWeights(shapes));
        const { loss } = await decoder.trainStep([examples], null);
        expect(loss).toBeCloseTo(golden.lora.loss, 5);
        for (const [tensor, expected] of Object.entries(golden.lora.gradients))
          expectClose(await gradientOf(decoder, tensor), expected, tensor);
      } finally {
        decoder.dispose();
      }
    },
  );
});

describe.skipIf(!storiesFiles)(
  `stories260K${storiesFiles ? '' : ' (skipped: ../shared/data/stories260K is absent)'}`,
  { timeout: 240_000 },
  () => {
    test.each(lowerings)('greedy text on %s equals llama2.c character for character', async (_, lowering) => {
      const { tokenizer, weights, json, config, endIds } = await openStories();
      const decoder = await Decoder.create({
        config: json,
        weights,
        lowering,
        contextTokens: 256,
        sequences: 1,
      });
      try {
        const stream = new TextStream(tokenizer, true);
        let text = '';
        const prompt = promptIds(tokenizer, '', { template: 'none', beginId: config.beginId });
        await new Generator(decoder).generate(prompt, {
          ...greedy,
          maxTokens: 200,
          endIds,
          onToken(_reply, token) {
            text += stream.push(token);
            return 'go';
          },
        });
        expect(text.trimEnd()).toBe(storiesText);
      } finally {
        decoder.dispose();
      }
    });

    test('a long prompt is read in passes, and what it shares with the one before is not read again', async () => {
      const { tokenizer, weights, json } = await openStories();
      const open = () =>
        Decoder.create({
          config: json,
          weights,
          lowering: { kind: 'onnx' },
          contextTokens: 400,
          sequences: 1,
        });
      const long = [1, ...tokenizer.encode(`${storiesText} ${storiesText}`)].slice(0, 320);
      const options = { ...greedy, maxTokens: 12, endIds: [] };
      const [cold, warm] = [await open(), await open()];
      try {
        expect(cold.passCapacity.tokens).toBeLessThan(long.length);
        const expected = await new Generator(cold).generate(long, options);
        const generator = new Generator(warm);
        await generator.generate([...long.slice(0, 200), 7, 7, 7], options);
        const reused = await generator.generate(long, options);
        expect(reused.replies[0]?.tokens).toEqual(expected.replies[0]?.tokens);
        // Token by token, without any of it.
        let logits = new Float32Array();
        for (const [t, id] of long.entries())
          logits = new Float32Array(await cold.read([promptToken(id, t, true)]));
        expect(logits.indexOf(Math.max(...logits))).toBe(expected.replies[0]?.tokens[0]);
      } finally {
        cold.dispose();
        warm.dispose();
      }
    });
  },
);
