import { defaultClassification, type ClassificationParameters } from './classificationParameters.ts';
import { defaultEmbeddingChain, type EmbeddingChainParameters } from './embeddingParameters.ts';
import { defaultIncubatorChain, type IncubatorChainParameters } from './incubatorParameters.ts';

export type * from './classificationParameters.ts';
export type * from './embeddingParameters.ts';
export type * from './incubatorParameters.ts';
export type { ModelChoice } from './modelChoice.ts';
export { clusterMethods, embedderKinds } from './embeddingParameters.ts';
export { generatorKinds } from './incubatorParameters.ts';

/** Everything a reader can set, in one plain object: what undo walks over, a link carries and staleness compares. */
export interface NotebookParameters
  extends ClassificationParameters, EmbeddingChainParameters, IncubatorChainParameters {}

export type ParameterGroup = keyof NotebookParameters;

/** What the InstructNet paper uses, shown beside a control whose value differs. */
export const paperValues = {
  threshold: 500,
  validation: 0,
  test: 0.2,
  maxLength: 512,
  learningRate: 4e-4,
  batchSize: 48,
  epochs: 40,
} as const;

/** A new notebook. */
export const defaultParameters: NotebookParameters = {
  ...defaultClassification,
  ...defaultEmbeddingChain,
  ...defaultIncubatorChain,
};
