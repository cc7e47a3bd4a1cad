import { throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { addExpectedCounts, boundaries, codePointCount, segment, unigramPieces } from './unigram.ts';

// Trains a Unigram vocabulary as SentencePiece does (unigram_model_trainer.cc): many substrings as seeds, EM over
// their probabilities, and pruning of the pieces whose loss costs the corpus the least likelihood.

export interface UnigramTrainerOptions extends TaskOptions {
  /** Pieces wanted, special tokens not counted. */
  readonly vocabularySize: number;
  /** Characters that get a piece even where the corpus lacks them. */
  readonly requiredCharacters?: Iterable<string>;
  /** In code points. */
  readonly maxPieceLength?: number;
  readonly seedSize?: number;
  /**
   * Where the corpus keeps fewer pieces than asked: fill up with the substrings that most distinct words share. Texts
   * from elsewhere then fall into syllables rather than letters. Default true.
   */
  readonly fill?: boolean;
  /** Share of the pieces that a pruning round keeps. */
  readonly shrinkingFactor?: number;
  readonly emSteps?: number;
}

export interface TrainedUnigram {
  /** Pieces with natural-log probabilities, likeliest first; ties by piece. */
  readonly vocabulary: readonly (readonly [piece: string, score: number])[];
  /** Mean log probability a word after each EM step: never falls between two prunings. */
  readonly logLikelihoods: readonly number[];
}

type Scores = Map<string, number>;

// Letters, digits and punctuation never share a piece (SentencePiece's split by script and by number): "time." is two.
const wholeKind = /^▁?(?:\p{L}+|\p{N}+|[^\p{L}\p{N}]+)$/u;

/**
 * Trains on words with their counts (each word already carries its `▁`). Deterministic.
 * Returns fewer pieces than asked where the corpus has no more that are worth keeping.
 */
export function trainUnigram(
  words: ReadonlyMap<string, number>,
  options: UnigramTrainerOptions,
): TrainedUnigram {
  const { vocabularySize, requiredCharacters = [], maxPieceLength = 16, seedSize = 200_000 } = options;
  const { shrinkingFactor = 0.75, emSteps = 2, signal, onProgress } = options;
  const sorted = [...words].sort(([a], [b]) => (a < b ? -1 : 1));
  const required = requiredIn(sorted, requiredCharacters);
  // SentencePiece prunes to 110 % and lets the last cut choose by probability.
  const desired = Math.max(Math.ceil(vocabularySize * 1.1), required.size);
  const logLikelihoods: number[] = [];
  let scores = seeds(sorted, required, maxPieceLength, seedSize);
  for (;;) {
    for (let step = 0; step < emSteps; step++) {
      throwIfAborted(signal);
      const { next, logLikelihood } = emStep(sorted, scores, required);
      scores = next;
      logLikelihoods.push(logLikelihood);
    }
    onProgress?.({ phase: 'vocabulary', done: scores.size, total: null, unit: 'tokens' });
    if (scores.size <= desired) break;
    const pruned = prune(
      sorted,
      scores,
      Math.max(desired, Math.floor(scores.size * shrinkingFactor)),
      required,
    );
    if (pruned.size >= scores.size) break;
    scores = pruned;
  }
  const vocabulary = finalise(scores, required, vocabularySize);
  if (options.fill !== false) fill(vocabulary, sorted, vocabularySize, maxPieceLength);
  return { vocabulary: vocabulary.sort(byScore), logLikelihoods };
}

/** Characters with their counts: each needs a piece, so that training text never holds an unknown. */
function requiredIn(words: readonly (readonly [string, number])[], extra: Iterable<string>): Scores {
  const counts: Scores = new Map();
  for (const char of extra) counts.set(char, 0);
  for (const [word, count] of words)
    for (const char of word) counts.set(char, (counts.get(char) ?? 0) + count);
  return counts;
}

function seeds(
  words: readonly (readonly [string, number])[],
  required: Scores,
  maxPieceLength: number,
  seedSize: number,
): Scores {
  const counts: Scores = new Map();
  for (const [word, count] of words) {
    const ends = boundaries(word);
    for (let i = 0; i < ends.length - 1; i++)
      for (let j = i + 2; j < ends.length && j - i <= maxPieceLength; j++) {
        const piece = word.slice(ends[i] as number, ends[j] as number);
        counts.set(piece, (counts.get(piece) ?? 0) + count);
      }
  }
  const frequent = [...counts]
    .filter(([piece, count]) => count >= 2 && wholeKind.test(piece))
    .map(([piece, count]) => [piece, count * codePointCount(piece)] as const)
    .sort(byScore)
    .slice(0, seedSize);
  return normalised(new Map([...[...required].map(([c, n]) => [c, Math.max(1, n)] as const), ...frequent]));
}

/** Shares of the total as log probabilities. */
function normalised(counts: ReadonlyMap<string, number>): Scores {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return new Map([...counts].map(([piece, count]) => [piece, Math.log(count / sum)]));
}

function emStep(
  words: readonly (readonly [string, number])[],
  scores: Scores,
  required: Scores,
): { next: Scores; logLikelihood: number } {
  const counts: Scores = new Map();
  const pieces = unigramPieces(scores);
  let logLikelihood = 0;
  let total = 0;
  for (const [word, count] of words) {
    logLikelihood += addExpectedCounts(word, pieces, count, counts);
    total += count;
  }
  // Pieces that are expected less than half a time go; required ones stay with a small count.
  const kept = [...scores.keys()].flatMap((piece): [string, number][] => {
    const count = counts.get(piece) ?? 0;
    return count >= 0.5 || required.has(piece) ? [[piece, Math.max(count, 0.1)]] : [];
  });
  // The digamma function makes it Bayesian: it discounts rare pieces (a sparse Dirichlet prior), as SentencePiece does.
  const sum = kept.reduce((a, [, count]) => a + count, 0);
  const next = new Map(kept.map(([piece, count]) => [piece, digamma(count) - digamma(sum)]));
  return { next, logLikelihood: logLikelihood / total };
}

function prune(
  words: readonly (readonly [string, number])[],
  scores: Scores,
  size: number,
  required: Scores,
): Scores {
  const pieces = unigramPieces(scores);
  const frequency: Scores = new Map();
  let sum = 0;
  for (const [word, count] of words) {
    for (const piece of segment(word, pieces, -1e9).pieces) {
      frequency.set(piece, (frequency.get(piece) ?? 0) + count);
      sum += count;
    }
  }
  const kept: Scores = new Map();
  const candidates: [string, number][] = [];
  for (const [piece, score] of scores) {
    if (required.has(piece)) {
      kept.set(piece, score);
      continue;
    }
    const used = frequency.get(piece) ?? 0;
    if (used === 0) continue;
    const alternative = segment(piece, pieces, -1e9, piece).pieces;
    // What the corpus loses when every use of the piece is spelt by its best alternative.
    const logSum = Math.log(sum + used * (alternative.length - 1));
    const without = alternative.reduce(
      (a, part) => a + Math.log((frequency.get(part) ?? 0) + used) - logSum,
      0,
    );
    candidates.push([piece, (used / sum) * (Math.log(used) - Math.log(sum) - without)]);
  }
  for (const [piece] of candidates.sort(byScore).slice(0, Math.max(0, size - kept.size)))
    kept.set(piece, scores.get(piece) ?? 0);
  return kept;
}

function finalise(scores: Scores, required: Scores, size: number): [string, number][] {
  const lowest = Math.min(...scores.values());
  const chosen = new Map<string, number>();
  for (const char of required.keys()) chosen.set(char, scores.get(char) ?? lowest);
  for (const [piece, score] of [...scores].sort(byScore)) {
    if (chosen.size >= size) break;
    chosen.set(piece, score);
  }
  return [...chosen];
}

/** Adds shared substrings with a probability just below that of the last learnt piece. */
function fill(
  vocabulary: [string, number][],
  words: readonly (readonly [string, number])[],
  size: number,
  maxPieceLength: number,
): void {
  const known = new Map(vocabulary);
  const wordCounts: Scores = new Map();
  for (const [word] of words) {
    const ends = boundaries(word);
    const seen = new Set<string>();
    for (let i = 0; i < ends.length - 1; i++)
      for (let j = i + 2; j < ends.length && j - i <= maxPieceLength; j++)
        seen.add(word.slice(ends[i] as number, ends[j] as number));
    for (const piece of seen) wordCounts.set(piece, (wordCounts.get(piece) ?? 0) + 1);
  }
  const learnt = vocabulary.filter(([piece]) => codePointCount(piece) > 1);
  const score = learnt.reduce((lowest, [, value]) => Math.min(lowest, value), 0) - 1;
  const shared = [...wordCounts]
    .filter(([piece, count]) => count >= 3 && !known.has(piece) && wholeKind.test(piece))
    .map(([piece, count]) => [piece, count * (codePointCount(piece) - 1)] as const)
    .sort(byScore);
  for (const [piece] of shared.slice(0, Math.max(0, size - vocabulary.length)))
    vocabulary.push([piece, score]);
}

function byScore(a: readonly [string, number], b: readonly [string, number]): number {
  return b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
}

/** ψ(x) for x > 0 (recurrence, then the asymptotic series; better than 1e-10). */
export function digamma(x: number): number {
  let value = 0;
  let y = x;
  for (; y < 8; y++) value -= 1 / y;
  const inverse = 1 / (y * y);
  return (
    value +
    Math.log(y) -
    0.5 / y -
    inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132))))
  );
}
