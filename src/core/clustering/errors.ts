import { VerbenaError } from '../../base/errors.ts';

export type PointsErrorCode =
  | 'points-shape'
  | 'points-not-finite'
  | 'points-all-equal'
  | 'clusters-too-many'
  | 'clusters-too-few'
  | 'points-too-many'
  | 'cluster-size-too-small';

/** Vectors, or a number of clusters, that cannot be clustered. */
export class PointsError extends VerbenaError<PointsErrorCode> {}

export const badShape = (values: number, count: number, width: number) =>
  new PointsError(
    'points-shape',
    `${values} values do not make ${count} vectors of width ${width}.`,
    'Embed the texts again; if it stays, report it.',
    { values, count, width },
  );

export const notFinite = (row: number) =>
  new PointsError(
    'points-not-finite',
    `The vector of row ${row + 1} holds a value that is no finite number.`,
    'The model that made it is probably damaged or overflowed: load it again, or embed with another one.',
    { row },
  );

export const tooManyClusters = (k: number, count: number) =>
  new PointsError(
    'clusters-too-many',
    `${count} vectors do not fill ${k} clusters.`,
    `Choose at most ${count} clusters, or add rows.`,
    { k, count },
  );

export const tooFewClusters = (k: number) =>
  new PointsError(
    'clusters-too-few',
    `${k} is no number of clusters.`,
    'Choose a whole number of 1 or more.',
    { k },
  );

export const allEqual = (count: number) =>
  new PointsError(
    'points-all-equal',
    `All ${count} vectors are the same: there is nothing to tell clusters by.`,
    'Check the texts and the prompt template (is {instruction} in it?), or embed with another model.',
    { count },
  );

export const tooManyRows = (method: string, count: number, most: number) =>
  new PointsError(
    'points-too-many',
    `${method} compares every vector with every other: ${count} of them would take ${Math.round((count * count * 4) / 2 ** 20)} MB.`,
    `Use k-means, which takes any number, or cluster at most ${most} rows.`,
    { count, most },
  );

export const clusterSizeTooSmall = (size: number) =>
  new PointsError(
    'cluster-size-too-small',
    `${size} is no smallest cluster size.`,
    'Choose a whole number of 2 or more.',
    { size },
  );
