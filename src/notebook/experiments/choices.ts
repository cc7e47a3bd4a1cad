import { encodingName, type LabelEncoding } from '../../core/encodings/types.ts';
import type { PickingId, RowUnitId } from './types.ts';

// What the templates of encodings, thresholds and long texts choose from.

const encodings: readonly (readonly [id: string, encoding: LabelEncoding])[] = [
  ['binary', { kind: 'binary-relevance' }],
  ['chain', { kind: 'chain', order: 'frequency', chains: 1, passes: 'decision' }],
  ['chain-given', { kind: 'chain', order: 'given', chains: 1, passes: 'decision' }],
  ['chains', { kind: 'chain', order: 'frequency', chains: 5, passes: 'decision' }],
  ['names', { kind: 'label-embedding' }],
  ['product', { kind: 'hierarchical', consistency: 'product', parents: 'containment' }],
  ['minimum', { kind: 'hierarchical', consistency: 'minimum', parents: 'containment' }],
];

/** The label encodings on offer. */
export const encodingChoices = encodings.map(([id, encoding]) => ({
  id,
  encoding,
  name: encodingName(encoding),
}));

/** Ways to pick decision thresholds on validation rows. */
export const pickingChoices: readonly { readonly id: PickingId; readonly name: string }[] = [
  { id: 'fixed', name: '0.5' },
  { id: 'global', name: 'one, validation F1' },
  { id: 'per-label', name: 'a label, validation F1' },
  { id: 'expected-f1-global', name: 'one, expected F1' },
  { id: 'expected-f1-per-label', name: 'a label, expected F1' },
];

/** What stays of a text that is too long. */
export const truncationChoices = [
  { id: 'head', name: 'beginning' },
  { id: 'tail', name: 'end' },
  { id: 'head-tail', name: 'beginning and end' },
] as const;

/** Ways to read a text that is longer than a piece. */
export const readingChoices = [
  { id: 'cut', name: 'cut' },
  { id: 'cut-both', name: 'beginning and end' },
  { id: 'windows-mean', name: 'windows, mean' },
  { id: 'windows-max', name: 'windows, maximum' },
  { id: 'memory', name: 'XLNet memory' },
] as const;

/** What a row may be. */
export const rowChoices: readonly { readonly id: RowUnitId; readonly name: string }[] = [
  { id: 'steps', name: 'steps' },
  { id: 'steps-by-article', name: 'steps, by article' },
  { id: 'articles', name: 'articles' },
];
