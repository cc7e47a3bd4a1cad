import { describe, expect, it } from 'vitest';
import { browserModelState, openBrowserModel, type PromptApi } from './browserModel.ts';
import type { GenerateRequest } from './contract.ts';

// Chrome's model is not on test machines: an API of the documented shape stands in, and what is tested is how it is used.

const request: GenerateRequest = {
  prompt: { system: 'Rules.', user: 'Write.', start: '', examplesUsed: 0, tokens: 3 },
  keys: ['a', 'b'],
  maxTextChars: 50,
  maxTokens: 20,
  temperature: 5,
  topP: 1,
  minP: 0,
  seed: 0,
};

type Created = Parameters<PromptApi['create']>[0];

function api(pieces: readonly string[], more: Partial<PromptApi> = {}) {
  const seen = { created: [] as Created[], constraints: [] as unknown[], destroyed: 0 };
  const stand: PromptApi = {
    availability: () => Promise.resolve('downloadable'),
    params: () => Promise.resolve({ maxTopK: 8, maxTemperature: 2 }),
    create(options) {
      seen.created.push(options);
      const target = new EventTarget();
      options.monitor?.(target);
      target.dispatchEvent(Object.assign(new Event('downloadprogress'), { loaded: 0.5, total: 1 }));
      return Promise.resolve({
        contextWindow: 6144,
        promptStreaming(_text, { signal, responseConstraint }) {
          seen.constraints.push(responseConstraint);
          const rest = [...pieces];
          return new ReadableStream<string>({
            async pull(controller) {
              await new Promise((done) => setTimeout(done, 1));
              if (signal.aborted) return controller.error(new DOMException('Aborted.', 'AbortError'));
              const next = rest.shift();
              if (next === undefined) controller.close();
              else controller.enqueue(next);
            },
          });
        },
        destroy: () => void seen.destroyed++,
      });
    },
    ...more,
  };
  return { stand, seen };
}

const quiet = () => undefined;

describe('Chrome’s built-in model', () => {
  it('is said to be missing where the browser has none, or cannot run it', async () => {
    expect(await browserModelState(null)).toBeNull();
    await expect(openBrowserModel({}, null)).rejects.toMatchObject({ code: 'browser-model-missing' });
    const { stand } = api([], { availability: () => Promise.resolve('unavailable') });
    await expect(openBrowserModel({}, stand)).rejects.toMatchObject({ code: 'browser-model-missing' });
    expect(await browserModelState({ ...stand, availability: () => Promise.reject(new Error('no')) })).toBe(
      'unavailable',
    );
  });

  it('is held to the keys, a session a reply, its fetching reported', async () => {
    const { stand, seen } = api(['{"a": "x"', ', "b": "y"}']);
    const phases: string[] = [];
    const model = await openBrowserModel({ onProgress: ({ phase }) => phases.push(phase) }, stand);
    expect(model.info.contextTokens).toBe(6144);
    expect(phases[0]).toMatch(/Chrome fetches/u);
    const pieces: string[] = [];
    const made = await model.generate(request, (text) => pieces.push(text), new AbortController().signal);
    expect(made.reply).toEqual({ text: '{"a": "x", "b": "y"}', finish: 'end' });
    expect(pieces).toHaveLength(2);
    expect(made.areTokensCounted).toBe(false);
    expect(seen.constraints[0]).toMatchObject({ required: ['a', 'b'] });
    expect(seen.created[1]).toMatchObject({
      temperature: 2,
      topK: 8,
      initialPrompts: [{ role: 'system', content: 'Rules.' }],
    });
    expect(seen.destroyed).toBe(2);
  });

  it('keeps what came when it is stopped, and cuts a reply that does not end', async () => {
    const endless = api(Array.from({ length: 1000 }, () => 'and on and on '));
    const model = await openBrowserModel({}, endless.stand);
    const long = await model.generate(request, quiet, new AbortController().signal);
    expect(long.reply.finish).toBe('length');
    expect(long.reply.text.length).toBeLessThan(300);
    const controller = new AbortController();
    const stopped = await model.generate(request, () => controller.abort(), controller.signal);
    expect(stopped.reply.finish).toBe('stopped');
    expect(stopped.reply.text).not.toBe('');
  });

  it('names its failures and keeps what came', async () => {
    const { stand } = api([]);
    const failing: PromptApi = {
      ...stand,
      create: () =>
        Promise.resolve({
          promptStreaming: () =>
            new ReadableStream<string>({
              start(controller) {
                controller.enqueue('{"a"');
              },
              pull: () => Promise.reject(new Error('The model process crashed.')),
            }),
          destroy: quiet,
        }),
    };
    const model = await openBrowserModel({}, failing);
    await expect(model.generate(request, quiet, new AbortController().signal)).rejects.toMatchObject({
      code: 'browser-model-failed',
      message: expect.stringContaining('crashed') as string,
    });
  });
});
