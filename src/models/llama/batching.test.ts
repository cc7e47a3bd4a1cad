import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Decoder } from './decoder.ts';
import { Generator, type GenerationOptions } from './generate.ts';
import { openStories, storiesFiles } from './testing.ts';

// Replies of several calls are drawn in the same passes. Each must be what it is when drawn alone.

const options = (more: Partial<GenerationOptions> = {}): GenerationOptions => ({
  maxTokens: 24,
  count: 1,
  temperature: 0.9,
  topP: 0.95,
  minP: 0,
  topK: 0,
  repetitionPenalty: 1,
  seed: 1,
  endIds: [],
  ...more,
});

describe.skipIf(!storiesFiles)(
  `calls side by side${storiesFiles ? '' : ' (skipped: ../shared/data/stories260K is absent)'}`,
  { timeout: 240_000 },
  () => {
    let decoder: Decoder;
    let encode: (text: string) => number[];
    let passes: number[] = [];

    beforeAll(async () => {
      const { tokenizer, weights, json } = await openStories();
      encode = (text) => [1, ...tokenizer.encode(text)];
      decoder = await Decoder.create({
        config: json,
        weights,
        lowering: { kind: 'onnx' },
        contextTokens: 96,
        sequences: 3,
      });
      const read = decoder.read.bind(decoder);
      decoder.read = (tokens) => {
        passes.push(tokens.filter(({ isAsked }) => isAsked).length);
        return read(tokens);
      };
    });
    afterAll(() => decoder.dispose());

    const prompts = [
      'Once upon a time there was a dog',
      'Once upon a time there was a cat who',
      'Once upon a time',
      'Lily and Ben like to play',
      'Once upon a time there was a dog',
    ];
    const ask = (generator: Generator, at: number, more: Partial<GenerationOptions> = {}) =>
      generator.generate(encode(prompts[at] ?? ''), options({ seed: at, ...more }));
    const alone = async (at: number, more: Partial<GenerationOptions> = {}) =>
      (await ask(new Generator(decoder), at, more)).replies;

    test('say what each says alone, in as many passes as the places need', async () => {
      const expected = [];
      for (const at of prompts.keys()) expected.push(await alone(at));
      passes = [];
      const generator = new Generator(decoder);
      const made = await Promise.all([...prompts.keys()].map((at) => ask(generator, at)));
      expect(made.map(({ replies }) => replies.map(({ tokens, finish }) => ({ tokens, finish })))).toEqual(
        expected.map((replies) => replies.map(({ tokens, finish }) => ({ tokens, finish }))),
      );
      for (const [i, { replies }] of made.entries())
        expect(replies[0]?.logProbability).toBeCloseTo(expected[i]?.[0]?.logProbability ?? 0, 3);
      expect(Math.max(...passes)).toBe(3);
      // Five replies of 24 tokens by three at once: two rounds, and a pass for each prompt.
      expect(passes.length).toBeLessThan(2 * 24 + 8);
    });

    test('a call for several replies shares its places with another', async () => {
      const three = await alone(0, { count: 3 });
      const other = await alone(3);
      const generator = new Generator(decoder);
      const [first, second] = await Promise.all([ask(generator, 0, { count: 3 }), ask(generator, 3)]);
      expect(first.replies.map(({ tokens }) => tokens)).toEqual(three.map(({ tokens }) => tokens));
      expect(second.replies[0]?.tokens).toEqual(other[0]?.tokens);
    });

    test('waits for rows where the cache is full, and goes on after it', async () => {
      const long = { maxTokens: 80 };
      const order = [1, 3, 0, 2];
      const expected = [];
      // One after another: generators of one decoder share its cache.
      for (const at of order) expected.push(await alone(at, long));
      const generator = new Generator(decoder);
      const made = await Promise.all(order.map((at) => ask(generator, at, long)));
      expect(made.map(({ replies }) => replies[0]?.tokens)).toEqual(
        expected.map((replies) => replies[0]?.tokens),
      );
      // What is left of the cache serves the next call.
      expect((await ask(generator, 4)).replies[0]?.tokens).toEqual((await alone(4))[0]?.tokens);
    });

    test('one that is stopped, and one whose listener fails, leave the others as they are', async () => {
      const expected = await alone(0);
      const generator = new Generator(decoder);
      const stop = new AbortController();
      const never = new AbortController();
      never.abort();
      const [kept, stopped, failed, unbegun] = await Promise.allSettled([
        ask(generator, 0),
        ask(generator, 3, {
          count: 2,
          signal: stop.signal,
          onToken: (reply) => {
            if (reply === 1) stop.abort();
            return 'go';
          },
        }),
        ask(generator, 1, {
          onToken() {
            throw new Error('a listener of its own');
          },
        }),
        ask(generator, 2, { signal: never.signal }),
      ]);
      expect(kept.status === 'fulfilled' && kept.value.replies[0]?.tokens).toEqual(expected[0]?.tokens);
      expect(stopped.status === 'fulfilled' && stopped.value.replies.map(({ finish }) => finish)).toContain(
        'aborted',
      );
      expect(failed).toMatchObject({ status: 'rejected', reason: { message: 'a listener of its own' } });
      expect(unbegun).toMatchObject({
        status: 'fulfilled',
        value: { replies: [{ tokens: [], finish: 'aborted' }] },
      });
    });

    test('a pass that fails is heard by every call, and the next one is read anew', async () => {
      const expected = await alone(0);
      const generator = new Generator(decoder);
      const read = decoder.read;
      decoder.read = () => Promise.reject(new Error('the device is gone'));
      const both = await Promise.allSettled([ask(generator, 0), ask(generator, 3)]);
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      decoder.read = read;
      expect((await ask(generator, 0)).replies[0]?.tokens).toEqual(expected[0]?.tokens);
    });
  },
);
