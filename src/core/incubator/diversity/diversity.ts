import type { TaskOptions } from '../../../base/progress.ts';
import { inSteps, type Steps } from '../../../base/steps.ts';
import { geometry } from '../../clustering/geometry.ts';
import type { Geometry, Points } from '../../clustering/points.ts';
import { badVectors, noTexts } from './errors.ts';
import { countNgrams, ngramOrders, selfBleu, type NgramOrder } from './selfBleu.ts';
import { vendiScore, type Vendi } from './vendi.ts';
import { wordsOf } from './words.ts';

/** How different the texts of a set are from each other. Compare sets of equal size: every figure but the distance falls or rises with it. */
export interface Diversity {
  readonly texts: number;
  readonly meanWords: number;
  /** 0 to 1, high: alike. Null below two texts. */
  readonly selfBleu: Readonly<Record<NgramOrder, number>> | null;
  /** Different n-grams as a share of all (Li et al. 2016). Null where no text is that long. */
  readonly distinct: Readonly<Record<1 | 2 | 3, number | null>>;
  /** Mean of 1 - cosine over all pairs, 0 to 2. Null below two texts. */
  readonly meanCosineDistance: number | null;
  readonly vendi: Vendi;
}

export interface DiversityOptions extends TaskOptions {
  /** For the sample that the Vendi score takes of large sets. 1 */
  readonly seed?: number;
}

/**
 * Diversity of texts and their vectors, row by row. Throws `diversity-empty`, `diversity-shape`, `points-shape`, `points-not-finite`,
 * `aborted`.
 */
export async function diversityOf(
  texts: readonly string[],
  vectors: Points,
  { seed = 1, ...task }: DiversityOptions = {},
): Promise<Diversity> {
  return inSteps('diversity', texts.length, diversitySteps(texts, vectors, seed), task);
}

/** The same as steps, of texts. */
function* diversitySteps(texts: readonly string[], vectors: Points, seed: number): Steps<Diversity> {
  if (texts.length === 0) throw noTexts();
  const points = geometry(vectors);
  if (points.count !== texts.length) throw badVectors(points.count, texts.length);
  const bleu = selfBleu(texts);
  yield texts.length / 3;
  const distinct = { 1: distinctShare(texts, 1), 2: distinctShare(texts, 2), 3: distinctShare(texts, 3) };
  const meanCosineDistance = meanDistance(points);
  yield (2 * texts.length) / 3;
  const words = texts.reduce((sum, text) => sum + wordsOf(text).length, 0);
  return {
    texts: texts.length,
    meanWords: words / texts.length,
    selfBleu: bleu,
    distinct,
    meanCosineDistance,
    vendi: vendiScore(points, seed),
  };
}

function distinctShare(texts: readonly string[], order: 1 | 2 | 3): number | null {
  const seen = new Set<string>();
  let total = 0;
  for (const text of texts)
    for (const [ngram, count] of countNgrams(wordsOf(text), order)) {
      seen.add(ngram);
      total += count;
    }
  return total === 0 ? null : seen.size / total;
}

/** The sum over all pairs of unit vectors is (|Σ u|² - n) / 2: no loop over pairs. */
function meanDistance(points: Geometry): number | null {
  const { count: n, width } = points;
  if (n < 2) return null;
  const sum = new Float64Array(width);
  let units = 0;
  for (let row = 0; row < n; row++) {
    const squares = points.squaredNorms[row] as number;
    if (squares === 0) continue;
    points.addRow(row, 1 / Math.sqrt(squares), sum, 0);
    units++;
  }
  const whole = sum.reduce((total, value) => total + value * value, 0);
  return 1 - (whole - units) / (n * (n - 1));
}

export { ngramOrders, type NgramOrder, type Vendi };
