import { describe, expect, test } from 'vitest';
import { openStories, storiesFiles, storiesText } from '../../models/llama/testing.ts';
import { defaultGeneration, defaultTuning, type TokenPiece, type TuningStep } from './contract.ts';
import { DecoderHost } from './service.ts';
import { StopTexts } from './stopTexts.ts';

test('text that may become a stop text waits, and never shows', () => {
  const stops = new StopTexts(['\n\n', 'END']);
  expect(stops.push('a E')).toEqual({ text: 'a ', isStopped: false });
  expect(stops.push('N')).toEqual({ text: '', isStopped: false });
  expect(stops.push('T\n')).toEqual({ text: 'ENT', isStopped: false });
  expect(stops.push('\nb')).toEqual({ text: '', isStopped: true });
  expect(new StopTexts(['END']).push('x')).toEqual({ text: 'x', isStopped: false });
});

const source = { kind: 'files', name: 'stories260K', files: [] } as const;
const quiet = () => undefined;
const never = new AbortController().signal;

const serviceOf = () =>
  new DecoderHost({
    open: () => openStories(),
    device: async () => ({ lowering: { kind: 'onnx' }, name: 'test', dispose: quiet }),
  });

async function opened(contextTokens = 256, sequences = 4): Promise<DecoderHost> {
  const service = serviceOf();
  await service.open(source, { lowering: 'onnx', contextTokens, sequences }, quiet, never);
  return service;
}

const greedy = { ...defaultGeneration, temperature: 0 };

describe.skipIf(!storiesFiles)(
  `the decoder service${storiesFiles ? '' : ' (skipped: ../shared/data/stories260K is absent)'}`,
  { timeout: 120_000 },
  () => {
    test('says what is open, and refuses work while nothing is', async () => {
      const service = serviceOf();
      expect(await service.info()).toBeNull();
      await expect(service.generate('x', greedy, quiet, never)).rejects.toMatchObject({
        code: 'decoder-not-open',
      });
      const info = await service.open(source, { lowering: 'onnx', contextTokens: 4096 }, quiet, never);
      // 260,032 in all: the model's name.
      expect(info).toMatchObject({ modelType: 'llama', parameters: 260_032, layers: 5, contextTokens: 512 });
      expect(info).toMatchObject({ adapter: null, template: 'none', vocabularySize: 512 });
      await service.close();
      expect(await service.info()).toBeNull();
    });

    test('streams text in pieces that add up to the reply', async () => {
      const service = await opened();
      const pieces: TokenPiece[] = [];
      const made = await service.generate('', { ...greedy, maxTokens: 60 }, (p) => pieces.push(p), never);
      const [reply] = made.replies;
      expect(reply).toMatchObject({ tokens: 60, finish: 'length' });
      expect(storiesText.startsWith(reply?.text ?? '?')).toBe(true);
      expect(pieces.map(({ text }) => text).join('')).toBe(reply?.text);
      expect(pieces.at(-1)).toMatchObject({ reply: 0, tokens: 60 });
      expect(made.promptTokens).toBe(1);
      expect(reply?.meanLogProbability).toBeLessThan(0);
      expect(await service.countTokens('Once upon a time')).toBe(4);
    });

    test('replies drawn together are those drawn one by one, each with its own seed', async () => {
      const service = await opened();
      const options = { ...defaultGeneration, maxTokens: 24, seed: 7, topP: 0.9 };
      const together = await service.generate('Once upon a time', { ...options, count: 7 }, quiet, never);
      const again = await (
        await opened(256, 1)
      ).generate('Once upon a time', { ...options, count: 7 }, quiet, never);
      expect(together.replies.map(({ text }) => text)).toEqual(again.replies.map(({ text }) => text));
      expect(new Set(together.replies.map(({ text }) => text)).size).toBeGreaterThan(4);
    });

    test('a stop text ends a reply and is not part of it; an abort keeps what there is', async () => {
      const service = await opened();
      const stopped = await service.generate('', { ...greedy, stop: [' She '] }, quiet, never);
      expect(stopped.replies[0]).toMatchObject({
        finish: 'stop',
        text: 'Once upon a time, there was a little girl named Lily.',
      });
      const control = new AbortController();
      const aborted = await service.generate(
        '',
        greedy,
        ({ tokens }) => tokens >= 10 && control.abort(),
        control.signal,
      );
      expect(aborted.replies[0]?.finish).toBe('aborted');
      expect(aborted.replies[0]?.tokens).toBeGreaterThanOrEqual(10);
      expect(aborted.replies[0]?.tokens).toBeLessThan(15);
      expect(storiesText.startsWith(aborted.replies[0]?.text ?? '?')).toBe(true);
      // Nothing of it lingers.
      const after = await service.generate('', { ...greedy, maxTokens: 200 }, quiet, never);
      expect(after.replies[0]?.text.trimEnd()).toBe(storiesText);
    });

    test('closing ends what is being written, and keeps it', async () => {
      const service = await opened();
      let closed: Promise<void> | null = null;
      const made = await service.generate(
        '',
        greedy,
        ({ tokens }) => {
          if (tokens === 5) closed = service.close();
        },
        never,
      );
      expect(made.replies[0]?.finish).toBe('aborted');
      expect(made.replies[0]?.tokens).toBeLessThan(10);
      await closed;
      expect(await service.info()).toBeNull();
    });

    test('a constrained reply is an object with exactly the asked keys', async () => {
      const service = await opened();
      const made = await service.generate(
        'Once upon a time',
        {
          ...defaultGeneration,
          count: 3,
          maxTokens: 200,
          constraint: { kind: 'json-object', keys: ['good', 'bad'], maxValueLength: 40 },
        },
        quiet,
        never,
      );
      for (const { text, finish } of made.replies) {
        expect(finish).toBe('complete');
        const object = JSON.parse(text.trim()) as Record<string, unknown>;
        expect(Object.keys(object)).toEqual(['good', 'bad']);
      }
    });

    test('a prompt that fills the context is refused by name, a reply ends where the context does', async () => {
      const service = await opened(40, 1);
      const long = 'Once upon a time, there was a little girl named Lily. '.repeat(4);
      await expect(service.generate(long, greedy, quiet, never)).rejects.toMatchObject({
        code: 'context-overflow',
      });
      const made = await service.generate('Once upon a time', { ...greedy, maxTokens: 90 }, quiet, never);
      expect(made.replies[0]).toMatchObject({ finish: 'context', tokens: 40 - made.promptTokens });
    });

    test('tuning lowers the loss and changes replies; the adapter survives export and import bit for bit', async () => {
      const service = await opened();
      const prompt = 'Tom saw a robot.';
      const examples = ['red', 'blue', 'green', 'yellow'].map((colour) => ({
        prompt,
        reply: ` The robot was ${colour} and said: beep, ${colour}, beep!`,
      }));
      const before = await service.generate(prompt, { ...greedy, maxTokens: 20 }, quiet, never);
      const steps: TuningStep[] = [];
      const tuned = await service.tune(
        examples,
        { ...defaultTuning, epochs: 12, batchSize: 2, learningRate: 1e-2, dropout: 0.1 },
        (step) => steps.push(step),
        never,
      );
      expect(steps).toHaveLength(24);
      expect(tuned.lossAfter).toBeLessThan(0.5 * tuned.lossBefore);
      expect(tuned.steps.at(-1)?.loss).toBeLessThan(tuned.steps[0]?.loss ?? 0);
      // r (in + out) of q and of v, in each of 5 layers.
      expect(tuned.trainedParameters).toBe(5 * 8 * (64 + 64 + (64 + 32)));
      expect(tuned.info.adapter).toMatch(/24 steps/);
      const after = await service.generate(prompt, { ...greedy, maxTokens: 20 }, quiet, never);
      expect(after.replies[0]?.text).not.toBe(before.replies[0]?.text);
      expect(after.replies[0]?.text).toContain('robot was');

      const files = await service.exportAdapter();
      expect(JSON.parse(files.config)).toMatchObject({
        peft_type: 'LORA',
        task_type: 'CAUSAL_LM',
        r: 8,
        target_modules: ['q_proj', 'v_proj'],
      });
      const plain = await service.dropAdapter();
      expect(plain.adapter).toBeNull();
      const dropped = await service.generate(prompt, { ...greedy, maxTokens: 20 }, quiet, never);
      expect(dropped.replies[0]).toEqual(before.replies[0]);
      await service.importAdapter(files);
      const imported = await service.generate(prompt, { ...greedy, maxTokens: 20 }, quiet, never);
      expect(imported.replies[0]).toEqual(after.replies[0]);

      await expect(service.importAdapter({ ...files, config: '{"peft_type":"IA3"}' })).rejects.toMatchObject({
        code: 'adapter-unsupported',
      });
      const other = files.config.replace('"r": 8', '"r": 4');
      await expect(service.importAdapter({ ...files, config: other })).rejects.toMatchObject({
        code: 'adapter-mismatch',
      });
      // Of a model with other layers: refused before a single tensor is read.
      const foreign = files.config.replaceAll('q_proj', 'c_attn').replaceAll('v_proj', 'c_proj');
      await expect(service.importAdapter({ ...files, config: foreign })).rejects.toMatchObject({
        code: 'trained-parts-invalid',
      });
      expect((await service.info())?.adapter).toBe(files.name);
      const still = await service.generate(prompt, { ...greedy, maxTokens: 20 }, quiet, never);
      expect(still.replies[0]).toEqual(after.replies[0]);
    });

    test('tuning can be stopped between steps and keeps what was learned; without a reply there is nothing to learn', async () => {
      const service = await opened();
      const control = new AbortController();
      const tuned = await service.tune(
        Array.from({ length: 6 }, () => ({ prompt: 'Once upon a time', reply: ' there was a robot.' })),
        { ...defaultTuning, epochs: 50, batchSize: 2 },
        ({ step }) => step === 2 && control.abort(),
        control.signal,
      );
      expect(tuned.aborted).toBe(true);
      expect(tuned.steps.length).toBeLessThan(5);
      expect(tuned.info.adapter).not.toBeNull();
      await expect(
        service.tune([], defaultTuning, quiet, new AbortController().signal),
      ).rejects.toMatchObject({ code: 'tuning-empty' });
      expect((await service.info())?.adapter).not.toBeNull();
    });
  },
);
