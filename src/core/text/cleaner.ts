import { lowercase } from './lowercase.ts';
import { loadLemmatiser } from './lemmatise.ts';
import { removeSpecialCharacters } from './specialCharacters.ts';
import { cleaningOrder, type CleanedText, type CleaningStep, type CleaningSteps } from './steps.ts';
import { removeStopWords } from './stopWords.ts';

/**
 * Composes the switched-on steps in the paper's order; with all off, texts pass unchanged.
 *
 * The order matters: stop words are found after punctuation is gone but before lemmas (which would turn "others" into "other", a
 * stop word), and lemmas are taken of a text that has lost its stop words, so the tagger sees less context than in the
 * raw sentence. Lower case comes last because it hides proper nouns from the tagger.
 * Asynchronous only because the lemmatiser loads on demand; throws its `lemmatiser-unavailable`.
 */
export async function createCleaner(steps: CleaningSteps): Promise<(text: string) => string> {
  const active = (await activeSteps(steps)).map(([, clean]) => clean);
  return (text) => active.reduce((current, clean) => clean(current), text);
}

/** As `createCleaner`, but tells a text after each of the steps that are on: nothing where all are off. */
export async function createTracer(steps: CleaningSteps): Promise<(text: string) => CleanedText[]> {
  const active = await activeSteps(steps);
  return (text) => {
    let current = text;
    return active.map(([step, clean]) => ({ step, text: (current = clean(current)) }));
  };
}

async function activeSteps(
  steps: CleaningSteps,
): Promise<(readonly [step: CleaningStep, clean: (text: string) => string])[]> {
  const functions: Record<CleaningStep, (text: string) => string> = {
    removeSpecialCharacters,
    removeStopWords,
    lemmatise: steps.lemmatise ? await loadLemmatiser() : (text) => text,
    lowercase,
  };
  return cleaningOrder.filter((step) => steps[step]).map((step) => [step, functions[step]]);
}
