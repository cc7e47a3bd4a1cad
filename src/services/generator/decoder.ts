import type { ModelSource } from '../../models/files/sources.ts';
import { throwIfAborted, type Progress } from '../../base/progress.ts';
import type { DecoderService } from '../decoder/contract.ts';
import type { TextGenerator } from './contract.ts';

/** Only what a generator needs of the decoder's worker. */
type Decoder = { readonly [Name in 'open' | 'info' | 'generate' | 'countTokens']: DecoderService[Name] };

const finishes = {
  end: 'end',
  stop: 'end',
  complete: 'end',
  stuck: 'length',
  length: 'length',
  context: 'length',
  aborted: 'stopped',
} as const;

/** Replies drawn in one pass: a pass over a few rows costs little more than over one, and each takes rows of the cache. */
const atOnce = 8;

/** What each worker was last asked to open: opening again would drop an adapter that was tuned in it. */
const opened = new WeakMap<object, string>();

/** The engine's own decoder as a generator; a model that is open already stays as it is, adapter and all. Throws what opening it throws. */
export async function openDecoderGenerator(
  decoder: Decoder,
  source: ModelSource,
  contextTokens: number,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<TextGenerator> {
  throwIfAborted(signal);
  const files = source.kind === 'files' ? source.files.map(({ name, size }) => [name, size]) : [];
  const key = JSON.stringify([{ ...source, files }, contextTokens]);
  const options = { lowering: 'auto', contextTokens, sequences: atOnce } as const;
  const known = opened.get(decoder) === key ? await decoder.info() : null;
  if (!known) opened.delete(decoder);
  const info = known ?? (await decoder.open(source, options, onProgress, signal));
  opened.set(decoder, key);
  return {
    info: {
      name: info.adapter === null ? info.name : `${info.name} + ${info.adapter}`,
      device: info.device,
      contextTokens: info.contextTokens,
      parallel: info.sequences,
      canConstrain: true,
    },
    countTokens: (text) => decoder.countTokens(text),
    async generate(request, onPiece, stop) {
      const { prompt, keys, maxTextChars, maxTokens, temperature, topP, minP, seed } = request;
      const startedAt = performance.now();
      const made = await decoder.generate(
        prompt.user,
        {
          maxTokens,
          temperature,
          topP,
          minP,
          topK: 0,
          repetitionPenalty: 1,
          seed,
          template: 'auto',
          ...(prompt.system === '' ? {} : { system: prompt.system }),
          constraint: keys ? { kind: 'json-object', keys, maxValueLength: maxTextChars } : null,
        },
        ({ text }) => onPiece(text),
        stop,
      );
      const reply = made.replies[0];
      return {
        reply: {
          text: reply?.text ?? '',
          finish: stop.aborted ? 'stopped' : reply ? finishes[reply.finish] : 'failed',
        },
        promptTokens: made.promptTokens,
        newTokens: made.newTokens,
        areTokensCounted: true,
        ms: performance.now() - startedAt,
        note: null,
      };
    },
    // Stays open: the next set is probably asked of it as well.
    dispose: () => Promise.resolve(),
  };
}
