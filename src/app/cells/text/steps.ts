import type { CleaningStep } from '../../../core/text/steps.ts';

/** What the page calls the steps of cleaning. */
export const stepNames: Readonly<Record<CleaningStep, string>> = {
  removeSpecialCharacters: 'Remove special characters',
  removeStopWords: 'Remove stop words',
  lemmatise: 'Lemmatise',
  lowercase: 'Lowercase',
};
