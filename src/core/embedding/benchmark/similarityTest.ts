import { spearman } from '../../metrics/clustering.ts';

/** Two texts by row, and whether they ask for the same task. */
export interface IntentPair {
  readonly a: number;
  readonly b: number;
  readonly same: boolean;
}

export interface SimilarityTest {
  /** Spearman's correlation of cosine with sameness; null where either is constant. */
  readonly spearman: number | null;
  readonly meanSame: number;
  readonly meanOther: number;
  readonly pairs: number;
}

/** The benchmark's intention similarity test (IIS), over any similarity of two rows. */
export function similarityTest(
  similarity: (a: number, b: number) => number,
  pairs: readonly IntentPair[],
): SimilarityTest {
  const cosines = pairs.map(({ a, b }) => similarity(a, b));
  const gold = pairs.map(({ same }) => (same ? 1 : 0));
  const meanWhere = (wanted: boolean) => {
    const chosen = cosines.filter((_, i) => pairs[i]?.same === wanted);
    return chosen.reduce((sum, value) => sum + value, 0) / chosen.length;
  };
  return {
    spearman: pairs.length === 0 ? null : spearman(cosines, gold),
    meanSame: meanWhere(true),
    meanOther: meanWhere(false),
    pairs: pairs.length,
  };
}
