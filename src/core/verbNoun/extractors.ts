import { loadCompromiseExtractor } from './compromise.ts';
import { createExtractor, type Extraction } from './extract.ts';
import { loadTagger } from './tagger.ts';

/** What finds verbs and nouns: rules over wink-nlp's tags, or rules over compromise's tags and noun phrases. */
export const extractorKinds = ['wink', 'compromise'] as const;
export type ExtractorKind = (typeof extractorKinds)[number];

/** Loads an extractor; nothing of the other one. Throws `tagger-unavailable`. */
export async function loadExtractor(kind: ExtractorKind): Promise<(text: string) => Extraction> {
  return kind === 'wink' ? createExtractor(await loadTagger()) : loadCompromiseExtractor();
}
