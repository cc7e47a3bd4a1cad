import type { LibraryExample } from '../examples.ts';

/** A task with two dictionaries, written for this library. */
export const task = (
  description: string,
  labels: readonly string[],
  ...samples: readonly (readonly string[])[]
): LibraryExample => ({ description, labels, samples });
