import { chainOrders } from './chain.ts';
import { hierarchyByContainment, hierarchyFromPairs } from './hierarchy.ts';
import type { EncodedRows, EncodingPlan, LabelEncoding } from './types.ts';

/** The most chains of an ensemble: each has a head of its own. */
export const maxChains = 20;

/** What an encoding means for a run's labels: a function of the rows and the seed, so that a resumed run plans the same. */
export function planEncoding(
  encoding: LabelEncoding | undefined,
  rows: EncodedRows,
  seed: number,
): EncodingPlan {
  const labels = rows.labels.length;
  switch (encoding?.kind) {
    case undefined:
    case 'binary-relevance':
      return { kind: 'binary-relevance', labels };
    case 'label-embedding':
      return { kind: 'label-embedding', labels };
    case 'chain':
      return {
        kind: 'chain',
        labels,
        orders: chainOrders(labels, encoding, trainCounts(rows), seed),
        passes: encoding.passes,
      };
    case 'hierarchical':
      return {
        kind: 'hierarchical',
        labels,
        consistency: encoding.consistency,
        hierarchy:
          encoding.parents === 'containment'
            ? hierarchyByContainment(rows)
            : hierarchyFromPairs(rows.labels, encoding.parents),
      };
  }
}

/** Whether every number of an encoding is in its range. */
export function isEncodingPossible(encoding: LabelEncoding | undefined): boolean {
  switch (encoding?.kind) {
    case undefined:
    case 'binary-relevance':
    case 'label-embedding':
      return true;
    case 'chain':
      return (
        Number.isInteger(encoding.chains) &&
        encoding.chains >= 1 &&
        encoding.chains <= maxChains &&
        ['frequency', 'given'].includes(encoding.order) &&
        ['decision', 'probability'].includes(encoding.passes)
      );
    case 'hierarchical':
      return ['product', 'minimum'].includes(encoding.consistency);
    default:
      return false;
  }
}

function trainCounts({ labels, train, targetOffsets, targetIds }: EncodedRows): Uint32Array {
  const counts = new Uint32Array(labels.length);
  for (const row of train)
    for (const label of targetIds.subarray(targetOffsets[row], targetOffsets[row + 1]))
      counts[label] = (counts[label] as number) + 1;
  return counts;
}
