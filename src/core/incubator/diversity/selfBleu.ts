import { wordsOf } from './words.ts';

export type NgramOrder = 1 | 2 | 3 | 4;
export const ngramOrders: readonly NgramOrder[] = [1, 2, 3, 4];

/** What reaches the top of one n-gram's counts: the largest, who holds it, and the largest of the others. */
interface TopCounts {
  best: number;
  holder: number;
  second: number;
}

/**
 * Self-BLEU (Zhu et al. 2018, Texygen): the mean BLEU of each text against all others as its references; high is alike. For n = 1-4,
 * BLEU up to that order, equal weights, brevity penalty by the closest reference length (the shorter of two as close), epsilon
 * smoothing of 0.1 for orders without a match (nltk's method1). Texts shorter than n words count with the orders that they have.
 *
 * Exact and linear in the n-grams: clipping by "the largest count among the others" needs only the two largest counts of each.
 * `null` below two texts with a word.
 */
export function selfBleu(texts: readonly string[]): Readonly<Record<NgramOrder, number>> | null {
  const documents = texts.map(wordsOf).filter((words) => words.length > 0);
  if (documents.length < 2) return null;
  const lengths = closestOthers(documents.map(({ length }) => length));
  const logPrecision = ngramOrders.map((order) => logPrecisions(documents, order));
  const score = (order: NgramOrder) => {
    let sum = 0;
    documents.forEach(({ length }, at) => {
      const orders = Math.min(order, length);
      let log = 0;
      for (let n = 0; n < orders; n++) log += logPrecision[n]?.[at] ?? 0;
      const reference = lengths[at] as number;
      const brevity = length >= reference ? 0 : 1 - reference / length;
      sum += Math.exp(brevity + log / orders);
    });
    return sum / documents.length;
  };
  return { 1: score(1), 2: score(2), 3: score(3), 4: score(4) };
}

/** ln of each document's clipped n-gram precision. */
function logPrecisions(documents: readonly (readonly string[])[], order: NgramOrder): Float64Array {
  const counted = documents.map((words) => countNgrams(words, order));
  const tops = new Map<string, TopCounts>();
  counted.forEach((counts, document) => {
    for (const [ngram, count] of counts) {
      const top = tops.get(ngram);
      if (!top) tops.set(ngram, { best: count, holder: document, second: 0 });
      else if (count > top.best) {
        top.second = top.best;
        top.best = count;
        top.holder = document;
      } else if (count > top.second) top.second = count;
    }
  });
  return Float64Array.from(counted, (counts, document) => {
    let [matched, total] = [0, 0];
    for (const [ngram, count] of counts) {
      const top = tops.get(ngram);
      const others = top ? (top.holder === document ? top.second : top.best) : 0;
      matched += Math.min(count, others);
      total += count;
    }
    return total === 0 ? 0 : Math.log(Math.max(matched, 0.1) / total);
  });
}

/** How often each run of n words occurs. */
export function countNgrams(words: readonly string[], order: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at + order <= words.length; at++) {
    const ngram = words.slice(at, at + order).join(' ');
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
}

/** For each length the closest among the other ones; of two as close, the shorter. */
function closestOthers(lengths: readonly number[]): number[] {
  const held = new Map<number, number>();
  for (const length of lengths) held.set(length, (held.get(length) ?? 0) + 1);
  const distinct = [...held.keys()].sort((a, b) => a - b);
  const place = new Map(distinct.map((length, at) => [length, at]));
  return lengths.map((length) => {
    if ((held.get(length) ?? 0) > 1) return length;
    const at = place.get(length) ?? 0;
    const [below, above] = [distinct[at - 1], distinct[at + 1]];
    if (below === undefined) return above ?? length;
    return above === undefined || length - below <= above - length ? below : above;
  });
}
