import { connectAnalysis } from '../services/analysis/client.ts';
import { connectCorpus } from '../services/corpus/client.ts';
import { connectText } from '../services/text/client.ts';

/** Makes a value at its first use: a worker costs a thread, and most visits do not need all of them. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

/** One worker for label tables a tab; splits have one each, so that they can be stopped. */
export const analysisService = once(connectAnalysis);

/** One corpus worker a tab. */
export const corpusService = once(connectCorpus);

/** One text worker a tab; it runs its own pool. */
export const textService = once(connectText);
