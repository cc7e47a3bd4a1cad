import { VerbenaError } from '../../../base/errors.ts';
import type { LibraryExample } from '../types.ts';

/** Where a pair came from. */
export type PairOrigin = 'library' | 'corpus' | 'generated' | 'file' | 'augmented';

/**
 * A pair of an instruction-tuning set (Incubator): a description of a classifier, and dictionaries with one text of every class. What the
 * generator reads, and what it should answer.
 */
export interface TuningPair extends LibraryExample {
  /** Of the content it was made from: an edit stays with it when the set is collected again. */
  readonly id: string;
  readonly origin: PairOrigin;
  /** The set, file or generator, in a few words. */
  readonly source: string;
}

/** What keeps pairs from being made or read. */
export class TuningSetError extends VerbenaError<
  'pairs-empty' | 'pairs-unreadable' | 'rows-too-few' | 'pairs-too-few'
> {}

/** Stands for content in a pair's id: 64 bits of FNV-1a, base 36. */
export function contentId(...parts: readonly string[]): string {
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (const sign of parts.join('\u0000')) {
    const code = sign.codePointAt(0) ?? 0;
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 13);
  }
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}`;
}
