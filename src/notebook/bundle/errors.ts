import { VerbenaError } from '../../base/errors.ts';

export type BundleErrorCode =
  | 'bundle-foreign'
  | 'bundle-newer'
  | 'bundle-torn'
  | 'bundle-damaged'
  | 'bundle-unsafe'
  | 'bundle-encrypted'
  | 'bundle-too-large'
  | 'bundle-invalid'
  | 'bundle-no-room'
  | 'bundle-write-failed';

/** A notebook with everything that cannot be opened or saved. Nothing was changed in the browser when one is thrown. */
export class BundleError extends VerbenaError<BundleErrorCode> {}

export const damaged = (path: string, why: string, cause?: unknown) =>
  new BundleError(
    'bundle-damaged',
    `${path} in this file is damaged: ${why}.`,
    'Copy or download the file again, or save it once more where it came from. Nothing was opened.',
    { path },
    cause,
  );

/** A member that cannot be used for what reading it threw. */
export const unusable = (path: string, cause: unknown) =>
  invalidPart(path, cause instanceof Error ? cause.message : String(cause), cause);

/** A member that is whole, and is not what it should be. */
export const invalidPart = (path: string, why: string, cause?: unknown) =>
  new BundleError(
    'bundle-invalid',
    `${path} in this file cannot be used: ${why}.`,
    'Save the notebook again where it came from; if it was edited by hand, put the member back as it was. Nothing was opened.',
    { path },
    cause,
  );
