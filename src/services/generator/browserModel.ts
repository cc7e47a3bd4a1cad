import { isAbort } from '../../base/errors.ts';
import { throttled, throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { objectSchema } from '../../core/incubator/jsonConstraint.ts';
import { estimateTokens } from '../../core/incubator/prompts.ts';
import { GeneratorError, type GenerateRequest, type TextGenerator } from './contract.ts';

// Chrome's Prompt API, as far as it is used here (developer.chrome.com/docs/ai/prompt-api). It lives in the page, not in workers.

export type BrowserModelState = 'unavailable' | 'downloadable' | 'downloading' | 'available';

interface PromptSession {
  readonly contextWindow?: number;
  readonly inputQuota?: number;
  promptStreaming(
    text: string,
    options: { readonly signal: AbortSignal; readonly responseConstraint?: object },
  ): ReadableStream<string>;
  destroy(): void;
}

export interface PromptApi {
  availability(options?: object): Promise<BrowserModelState>;
  create(options: {
    readonly signal?: AbortSignal | undefined;
    readonly initialPrompts?: readonly { readonly role: 'system'; readonly content: string }[];
    readonly temperature?: number;
    readonly topK?: number;
    readonly monitor?: (monitor: EventTarget) => void;
  }): Promise<PromptSession>;
  params?(): Promise<{ readonly maxTopK: number; readonly maxTemperature: number } | null>;
}

/** The browser's own, where it has one. */
function promptApi(): PromptApi | null {
  const { LanguageModel } = globalThis as { readonly LanguageModel?: PromptApi };
  return LanguageModel ?? null;
}

const language = {
  expectedInputs: [{ type: 'text', languages: ['en'] }],
  expectedOutputs: [{ type: 'text', languages: ['en'] }],
} as const;

/** Whether there is a model, and whether it has to be fetched first; null where this browser has no such thing. */
export async function browserModelState(
  api: PromptApi | null = promptApi(),
): Promise<BrowserModelState | null> {
  if (!api) return null;
  return api.availability(language).catch(() => 'unavailable' as const);
}

const missing = () =>
  new GeneratorError(
    'browser-model-missing',
    'This browser has no built-in model for pages.',
    'Use a Chrome with the Prompt API on a machine that it supports (chrome://on-device-internals says whether), or another generator.',
  );

const failed = (cause: unknown, partial: string) =>
  new GeneratorError(
    'browser-model-failed',
    `The browser’s model gave up: ${cause instanceof Error ? cause.message : String(cause)}`,
    'Try again; if it stays, shorten the prompt (fewer examples) or choose another generator. What came is kept.',
    { partial },
    cause,
  );

/** Opens the browser's model, which the browser fetches where it has not. Throws `browser-model-missing`, `browser-model-failed`, `aborted`. */
export async function openBrowserModel(
  { signal, onProgress }: TaskOptions,
  api: PromptApi | null = promptApi(),
): Promise<TextGenerator> {
  const state = await browserModelState(api);
  if (!api || state === null || state === 'unavailable') throw missing();
  const report = throttled(onProgress);
  const limits = await (api.params?.() ?? Promise.resolve(null)).catch(() => null);
  const create = (request: Pick<GenerateRequest, 'temperature' | 'prompt'> | null) =>
    api.create({
      ...language,
      ...(signal ? { signal } : {}),
      // Both or neither: the API takes no temperature alone.
      ...(request && limits
        ? { temperature: Math.min(request.temperature, limits.maxTemperature), topK: limits.maxTopK }
        : {}),
      ...(request && request.prompt.system !== ''
        ? { initialPrompts: [{ role: 'system', content: request.prompt.system } as const] }
        : {}),
      monitor: (monitor) =>
        monitor.addEventListener('downloadprogress', (event) => {
          const { loaded, total } = event as ProgressEvent;
          report({
            phase: 'Chrome fetches its model',
            done: Math.round(loaded * 1000),
            total: Math.round((total || 1) * 1000),
            unit: 'elements',
          });
        }),
    });
  let contextTokens = 4096;
  try {
    const probe = await create(null);
    contextTokens = probe.contextWindow ?? probe.inputQuota ?? contextTokens;
    probe.destroy();
  } catch (cause) {
    throwIfAborted(signal);
    if (isAbort(cause)) throw cause;
    throw failed(cause, '');
  }
  return {
    info: {
      name: 'Chrome’s built-in model',
      device: 'this device',
      contextTokens,
      parallel: 1,
      canConstrain: true,
    },
    async generate(request, onPiece, stop) {
      const { keys, maxTextChars, prompt } = request;
      const startedAt = performance.now();
      let text = '';
      let isStopped = false;
      let session: PromptSession | null = null;
      try {
        // A session a reply: what it said before would be part of the next prompt.
        session = await create(request);
        const stream = session.promptStreaming(prompt.user, {
          signal: stop,
          ...(keys ? { responseConstraint: objectSchema({ keys, maxTextChars }) } : {}),
        });
        const reader = stream.getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          text += value;
          onPiece(value);
          // The API has no limit of its own on a reply.
          if (estimateTokens(text) > request.maxTokens * 2) {
            await reader.cancel();
            break;
          }
        }
      } catch (cause) {
        isStopped = stop.aborted || isAbort(cause);
        if (!isStopped) throw failed(cause, text);
      } finally {
        session?.destroy();
      }
      const isLong = estimateTokens(text) > request.maxTokens * 2;
      return {
        reply: { text, finish: isStopped ? 'stopped' : isLong ? 'length' : 'end' },
        promptTokens: estimateTokens(`${prompt.system}\n${prompt.user}`),
        newTokens: estimateTokens(text),
        areTokensCounted: false,
        ms: performance.now() - startedAt,
        note: limits ? null : 'The browser’s model takes no temperature from pages.',
      };
    },
    dispose: () => Promise.resolve(),
  };
}
