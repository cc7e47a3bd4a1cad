import type { SparseMatrix } from './sparse.ts';

/** scikit-learn's `TfidfVectorizer` with its defaults otherwise: lower case, smooth idf, l2 norm. */
export interface TfidfOptions {
  readonly ngramMax: 1 | 2;
  /** Terms in fewer training texts are dropped: `min_df`. */
  readonly minDocumentCount: number;
  /** 1 + ln(tf) in place of tf. */
  readonly sublinearTf: boolean;
}

export interface TfidfModel {
  /** Column -> term; bigrams hold one space. Sorted. */
  readonly terms: readonly string[];
  /** ln((1 + n) / (1 + df)) + 1, `[terms]`. */
  readonly idf: Float64Array;
  /** Rows of l2 norm 1 (0 for texts without a known term). */
  transform(texts: readonly string[]): SparseMatrix;
}

/** Learns a vocabulary chunk by chunk, so that a worker can report and stop between two. */
export interface TfidfBuilder {
  add(texts: readonly string[]): void;
  finish(): TfidfModel;
}

// Python's `(?u)\b\w\w+\b`: runs of two or more letters, numbers or underscores (marks are no `\w` in Python).
const tokenPattern = /[\p{L}\p{N}_]{2,}/gu;

// Bigrams are keyed by two word ids in one double: 2²⁶ words squared stay below 2⁵³.
const wordLimit = 2 ** 26;

export function createTfidfBuilder(options: TfidfOptions): TfidfBuilder {
  const wordIds = new Map<string, number>();
  const words: string[] = [];
  const wordDocuments = createCounter();
  const bigramIds = new Map<number, number>();
  const bigramDocuments = createCounter();
  let documents = 0;

  const addText = (text: string) => {
    let previous = -1;
    for (const word of text.toLowerCase().match(tokenPattern) ?? []) {
      let id = wordIds.get(word);
      if (id === undefined) {
        id = words.length;
        wordIds.set(word, id);
        words.push(word);
      }
      wordDocuments.count(id, documents);
      if (options.ngramMax === 2 && previous >= 0) {
        const key = previous * wordLimit + id;
        let bigram = bigramIds.get(key);
        if (bigram === undefined) {
          bigram = bigramIds.size;
          bigramIds.set(key, bigram);
        }
        bigramDocuments.count(bigram, documents);
      }
      previous = id;
    }
    documents++;
  };

  return {
    add: (texts) => texts.forEach(addText),
    finish() {
      const kept: { term: string; documents: number; word: number; bigram: number }[] = [];
      words.forEach((term, word) => {
        const count = wordDocuments.of(word);
        if (count >= options.minDocumentCount) kept.push({ term, documents: count, word, bigram: -1 });
      });
      for (const [key, id] of bigramIds) {
        const count = bigramDocuments.of(id);
        if (count < options.minDocumentCount) continue;
        const term = `${words[Math.floor(key / wordLimit)]} ${words[key % wordLimit]}`;
        kept.push({ term, documents: count, word: -1, bigram: key });
      }
      kept.sort((a, b) => (a.term < b.term ? -1 : 1));
      const columnOfWord = new Int32Array(words.length).fill(-1);
      const columnOfBigram = new Map<number, number>();
      kept.forEach(({ word, bigram }, column) => {
        if (word >= 0) columnOfWord[word] = column;
        else columnOfBigram.set(bigram, column);
      });
      const idf = Float64Array.from(kept, (entry) => Math.log((1 + documents) / (1 + entry.documents)) + 1);
      const vocabulary = { wordIds, columnOfWord, columnOfBigram };
      return {
        terms: kept.map(({ term }) => term),
        idf,
        transform: (texts) => transform(texts, vocabulary, idf, options.sublinearTf),
      };
    },
  };
}

/** Learns vocabulary and idf of all texts at once. */
export function fitTfidf(texts: readonly string[], options: TfidfOptions): TfidfModel {
  const builder = createTfidfBuilder(options);
  builder.add(texts);
  return builder.finish();
}

/**
 * A model again from what is kept of it. Pairs of words are known by their words, which a vocabulary always holds as well: none is in
 * fewer texts than a pair with it.
 */
export function restoreTfidf(terms: readonly string[], idf: Float64Array, sublinearTf: boolean): TfidfModel {
  const wordIds = new Map<string, number>();
  for (const term of terms) if (!term.includes(' ')) wordIds.set(term, wordIds.size);
  const columnOfWord = new Int32Array(wordIds.size).fill(-1);
  const columnOfBigram = new Map<number, number>();
  terms.forEach((term, column) => {
    const [first = '', second] = term.split(' ');
    const id = wordIds.get(first);
    if (second === undefined) columnOfWord[id ?? 0] = column;
    else if (id !== undefined) columnOfBigram.set(id * wordLimit + (wordIds.get(second) ?? 0), column);
  });
  const vocabulary = { wordIds, columnOfWord, columnOfBigram };
  return { terms, idf, transform: (texts) => transform(texts, vocabulary, idf, sublinearTf) };
}

interface Vocabulary {
  readonly wordIds: ReadonlyMap<string, number>;
  readonly columnOfWord: Int32Array;
  readonly columnOfBigram: ReadonlyMap<number, number>;
}

function transform(
  texts: readonly string[],
  { wordIds, columnOfWord, columnOfBigram }: Vocabulary,
  idf: Float64Array,
  sublinearTf: boolean,
): SparseMatrix {
  const offsets = new Uint32Array(texts.length + 1);
  const columns: number[] = [];
  const values: number[] = [];
  texts.forEach((text, row) => {
    const found: number[] = [];
    let previous = -1;
    for (const word of text.toLowerCase().match(tokenPattern) ?? []) {
      const id = wordIds.get(word) ?? -1;
      const column = id < 0 ? -1 : (columnOfWord[id] as number);
      if (column >= 0) found.push(column);
      const bigram = id < 0 || previous < 0 ? undefined : columnOfBigram.get(previous * wordLimit + id);
      if (bigram !== undefined) found.push(bigram);
      previous = id;
    }
    found.sort((a, b) => a - b);
    const start = columns.length;
    let squares = 0;
    for (let i = 0; i < found.length;) {
      const column = found[i] as number;
      let count = 0;
      for (; found[i] === column; i++) count++;
      const value = (sublinearTf ? 1 + Math.log(count) : count) * (idf[column] as number);
      squares += value * value;
      columns.push(column);
      values.push(value);
    }
    const norm = Math.sqrt(squares);
    for (let i = start; i < values.length; i++) values[i] = (values[i] as number) / norm;
    offsets[row + 1] = columns.length;
  });
  return {
    rowCount: texts.length,
    columnCount: idf.length,
    offsets,
    columns: Uint32Array.from(columns),
    values: Float32Array.from(values),
  };
}

/** Documents an item occurs in, each document counted once. */
function createCounter() {
  let counts = new Uint32Array(1024);
  let lastDocument = new Int32Array(1024).fill(-1);
  return {
    count(item: number, document: number): void {
      if (item >= counts.length) {
        const size = 2 * item;
        const grownCounts = new Uint32Array(size);
        grownCounts.set(counts);
        const grownLast = new Int32Array(size).fill(-1);
        grownLast.set(lastDocument);
        [counts, lastDocument] = [grownCounts, grownLast];
      }
      if (lastDocument[item] === document) return;
      lastDocument[item] = document;
      counts[item] = (counts[item] as number) + 1;
    },
    of: (item: number): number => counts[item] ?? 0,
  };
}
