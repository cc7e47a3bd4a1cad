/**
 * Names of clusters by class TF-IDF (Grootendorst 2022, formula 5): of the terms of each cluster taken as one document, those that
 * weigh most, `tf · ln(1 + A / f)` with `A` the mean number of terms a cluster. `terms[row]`: the row's terms, e.g. its verb and noun.
 */
export function clusterNames(
  clusters: ArrayLike<number>,
  terms: readonly (readonly string[])[],
  k: number,
  words = 2,
): string[] {
  const perCluster = Array.from({ length: k }, () => new Map<string, number>());
  const all = new Map<string, number>();
  let total = 0;
  terms.forEach((row, i) => {
    const counts = perCluster[clusters[i] as number];
    for (const term of row) {
      counts?.set(term, (counts.get(term) ?? 0) + 1);
      all.set(term, (all.get(term) ?? 0) + 1);
      total++;
    }
  });
  const mean = total / Math.max(1, k);
  return perCluster.map((counts, cluster) => {
    const weight = ([term, tf]: readonly [string, number]) =>
      tf * Math.log(1 + mean / (all.get(term) as number));
    const best = [...counts]
      .map((entry) => ({ term: entry[0], weight: weight(entry) }))
      .sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1));
    return (
      best
        .slice(0, words)
        .map(({ term }) => term)
        .join(', ') || `cluster ${cluster + 1}`
    );
  });
}
