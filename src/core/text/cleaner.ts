import { lowercase } from './lowercase.ts';
import { loadLemmatiser } from './lemmatise.ts';
import { removeSpecialCharacters } from './specialCharacters.ts';
import { removeStopWords } from './stopWords.ts';

/** The paper's four steps, a switch each (the text service's `CleaningOptions`). */
export interface CleaningSteps {
  readonly removeSpecialCharacters: boolean;
  readonly removeStopWords: boolean;
  readonly lemmatise: boolean;
  readonly lowercase: boolean;
}

export type CleaningStep = keyof CleaningSteps;

/** The order of the paper (InstructNet, preprocessing), and of `createCleaner`. */
export const cleaningOrder = [
  'removeSpecialCharacters',
  'removeStopWords',
  'lemmatise',
  'lowercase',
] as const satisfies readonly CleaningStep[];

export const paperCleaning: CleaningSteps = {
  removeSpecialCharacters: true,
  removeStopWords: true,
  lemmatise: true,
  lowercase: true,
};

export const noCleaning: CleaningSteps = {
  removeSpecialCharacters: false,
  removeStopWords: false,
  lemmatise: false,
  lowercase: false,
};

/**
 * Composes the switched-on steps in the paper's order; with all off, texts pass unchanged.
 *
 * The order matters: stop words are found after punctuation is gone but before lemmas (which would turn "others" into "other", a
 * stop word), and lemmas are taken of a text that has lost its stop words, so the tagger sees less context than in the
 * raw sentence. Lower case comes last because it hides proper nouns from the tagger.
 * Asynchronous only because the lemmatiser loads on demand; throws its `lemmatiser-unavailable`.
 */
export async function createCleaner(steps: CleaningSteps): Promise<(text: string) => string> {
  const functions: Record<CleaningStep, (text: string) => string> = {
    removeSpecialCharacters,
    removeStopWords,
    lemmatise: steps.lemmatise ? await loadLemmatiser() : (text) => text,
    lowercase,
  };
  const active = cleaningOrder.filter((step) => steps[step]).map((step) => functions[step]);
  return (text) => active.reduce((current, step) => step(current), text);
}

/** Each switched-on step's text after it, in order: the before/after examples. */
export async function traceCleaning(
  text: string,
  steps: CleaningSteps,
): Promise<{ step: CleaningStep; text: string }[]> {
  const trace: { step: CleaningStep; text: string }[] = [];
  let current = text;
  for (const step of cleaningOrder) {
    if (!steps[step]) continue;
    current = (await createCleaner({ ...noCleaning, [step]: true }))(current);
    trace.push({ step, text: current });
  }
  return trace;
}
