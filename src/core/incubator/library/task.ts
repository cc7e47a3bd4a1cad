import type { LibraryExample } from '../types.ts';

/** A task with two dictionaries, written for this library. */
export const task = (
  description: string,
  labels: readonly string[],
  ...samples: readonly (readonly string[])[]
): LibraryExample => ({ description, labels, samples });
