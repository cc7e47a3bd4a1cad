import { VerbenaError } from '../../../base/errors.ts';

/** Sets that cannot be measured or diversified. */
export class DiversityError extends VerbenaError<'diversity-empty' | 'diversity-shape' | 'diversity-batch'> {}

export const noTexts = () =>
  new DiversityError('diversity-empty', 'There is no text to measure.', 'Generate or import objects first.');

export const badVectors = (vectors: number, texts: number) =>
  new DiversityError(
    'diversity-shape',
    `${vectors} vectors do not belong to ${texts} texts.`,
    'Embed the set again with the unit that is chosen now.',
    { vectors, texts },
  );

export const badBatch = (k: number, batchSize: number) =>
  new DiversityError(
    'diversity-batch',
    `${k} objects cannot be kept of each ${batchSize}.`,
    'Choose a K of 1 or more and a batch at least as large.',
    { k, batchSize },
  );
