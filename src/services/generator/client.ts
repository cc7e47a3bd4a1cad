import type { Progress } from '../../base/progress.ts';
import { connect, type Remote } from '../rpc.ts';
import type { EndpointOptions, GeneratorService, HubGeneratorOptions, TextGenerator } from './contract.ts';

/** Starts a generator worker. */
export function connectGenerator(): Remote<GeneratorService> {
  return connect<GeneratorService>(
    () =>
      new Worker(new URL('../../../workers/generator.ts', import.meta.url), {
        type: 'module',
        name: 'generator',
      }),
    {
      work: 'Generation',
      lost: 'The reply under way is lost; replies that ended are kept.',
      remedy:
        'Start again: the model is opened anew. If it happens again, close other tabs, or choose a smaller model.',
    },
  );
}

/** A hub model in the worker as a generator. Throws as `openHub`. */
export async function hubGenerator(
  worker: Remote<GeneratorService>,
  options: HubGeneratorOptions,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<TextGenerator> {
  const info = await worker.openHub(options, onProgress, signal);
  return {
    info,
    generate: (...all) => worker.generateHub(...all),
    countTokens: (text) => worker.countHubTokens(text),
    // Stays open: the next set is probably asked of it as well.
    dispose: () => Promise.resolve(),
  };
}

/** An OpenAI-compatible server as a generator, its requests made in the worker. Nothing is asked of it before the first reply. */
export function endpointGenerator(
  worker: Remote<GeneratorService>,
  options: EndpointOptions,
  contextTokens: number,
): TextGenerator {
  return {
    info: {
      name: `${options.model} at ${options.url}`,
      device: 'another program',
      contextTokens,
      parallel: options.parallel,
      canConstrain: true,
    },
    generate: (request, onPiece, signal) => worker.generateEndpoint(options, request, onPiece, signal),
    dispose: () => Promise.resolve(),
  };
}
