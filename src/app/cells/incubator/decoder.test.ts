import { describe, expect, it } from 'vitest';
import { collect } from '../../../core/incubator/replies.ts';
import { openStories, storiesFiles } from '../../../models/llama/testing.ts';
import { DecoderHost } from '../../../services/decoder/service.ts';
import type { GenerateRequest } from '../../../services/generator/contract.ts';
import { openDecoderGenerator } from '../../../services/generator/decoder.ts';

// The engine's own decoder behind the interface of all generators, on a real trained model.

const source = { kind: 'files', name: 'stories260K', files: [] } as const;
const quiet = () => undefined;
const never = new AbortController().signal;

function host() {
  let opens = 0;
  const service = new DecoderHost({
    open: () => {
      opens++;
      return openStories();
    },
    device: async () => ({ lowering: { kind: 'onnx' }, name: 'test', dispose: quiet }),
  });
  return { service, opens: () => opens };
}

const request = (more: Partial<GenerateRequest> = {}): GenerateRequest => ({
  prompt: { system: '', user: 'Once upon a time', start: '', examplesUsed: 0, tokens: 4 },
  keys: ['a dog', 'a cat'],
  maxTextChars: 60,
  maxTokens: 200,
  temperature: 0.8,
  topP: 1,
  minP: 0.02,
  seed: 1,
  ...more,
});

describe.skipIf(!storiesFiles)(
  `the decoder as a generator${storiesFiles ? '' : ' (skipped: ../shared/data/stories260K is absent)'}`,
  { timeout: 120_000 },
  () => {
    it('writes objects with exactly the asked keys, offline, seeded', async () => {
      const { service, opens } = host();
      const generator = await openDecoderGenerator(service, source, 512, quiet, never);
      expect(generator.info).toMatchObject({ contextTokens: 512, parallel: 8, canConstrain: true });
      const texts: string[] = [];
      for (const seed of [1, 2, 3, 1]) {
        const pieces: string[] = [];
        const made = await generator.generate(request({ seed }), (piece) => pieces.push(piece), never);
        expect(made.reply.finish).toBe('end');
        expect(pieces.join('')).toBe(made.reply.text);
        expect(made.newTokens).toBeGreaterThan(5);
        texts.push(made.reply.text);
      }
      expect(texts[3]).toBe(texts[0]);
      const collected = collect(
        texts.slice(0, 3).map((text) => ({ text, finish: 'end' })),
        { labels: ['a dog', 'a cat'] },
      );
      expect(collected.kept).toHaveLength(3);
      expect(await generator.countTokens?.('Once upon a time')).toBe(4);
      await openDecoderGenerator(service, source, 512, quiet, never);
      expect(opens()).toBe(1);
      await openDecoderGenerator(service, source, 256, quiet, never);
      expect(opens()).toBe(2);
    });

    it('writes several at once what it writes one by one', async () => {
      const generator = await openDecoderGenerator(host().service, source, 512, quiet, never);
      const seeds = Array.from({ length: 12 }, (_, seed) => seed);
      const one = (seed: number) => generator.generate(request({ seed }), quiet, never);
      const together = await Promise.all(seeds.map(one));
      for (const seed of seeds) expect((await one(seed)).reply).toEqual(together[seed]?.reply);
    });

    it('stopped in the middle gives what it has', async () => {
      const generator = await openDecoderGenerator(host().service, source, 512, quiet, never);
      const controller = new AbortController();
      let seen = '';
      const stopAt = (piece: string) => {
        seen += piece;
        if (seen.length > 20) controller.abort();
      };
      const made = await generator.generate(request({ keys: null }), stopAt, controller.signal);
      expect(made.reply.finish).toBe('stopped');
      expect(made.reply.text.length).toBeGreaterThan(20);
    });

    it('names a prompt that leaves no room', async () => {
      const generator = await openDecoderGenerator(host().service, source, 64, quiet, never);
      const long = { ...request().prompt, user: 'Once upon a time there was a dog. '.repeat(40) };
      await expect(generator.generate(request({ prompt: long }), quiet, never)).rejects.toMatchObject({
        code: 'context-overflow',
      });
    });
  },
);
