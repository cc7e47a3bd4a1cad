/** The paper's four steps, a switch each. */
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

/** Texts as they were written. */
export const noCleaning: CleaningSteps = {
  removeSpecialCharacters: false,
  removeStopWords: false,
  lemmatise: false,
  lowercase: false,
};

/** A text after one of the steps that are on. */
export interface CleanedText {
  readonly step: CleaningStep;
  readonly text: string;
}
