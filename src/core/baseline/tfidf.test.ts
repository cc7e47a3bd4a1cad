import { describe, expect, it } from 'vitest';
import { stackRows, type SparseMatrix } from './sparse.ts';
import { createTfidfBuilder, fitTfidf, type TfidfOptions } from './tfidf.ts';

const plain: TfidfOptions = { ngramMax: 1, minDocumentCount: 1, sublinearTf: false };

function dense(x: SparseMatrix): number[][] {
  return Array.from({ length: x.rowCount }, (_, row) => {
    const values = Array.from({ length: x.columnCount }, () => 0);
    for (let i = x.offsets[row] as number; i < (x.offsets[row + 1] as number); i++)
      values[x.columns[i] as number] = x.values[i] as number;
    return values;
  });
}

// The corpus of scikit-learn's user guide, with the weights printed there.
const corpus = [
  'This is the first document.',
  'This document is the second document.',
  'And this is the third one.',
  'Is this the first document?',
];

describe('TF-IDF', () => {
  it("gives the numbers of scikit-learn's documentation", () => {
    const model = fitTfidf(corpus, plain);
    expect(model.terms).toEqual(['and', 'document', 'first', 'is', 'one', 'second', 'the', 'third', 'this']);
    const idf = [1.91629073, 1.22314355, 1.51082562, 1, 1.91629073, 1.91629073, 1, 1.91629073, 1];
    idf.forEach((value, column) => expect(model.idf[column]).toBeCloseTo(value, 7));
    const expected = [
      [0, 0.46979139, 0.58028582, 0.38408524, 0, 0, 0.38408524, 0, 0.38408524],
      [0, 0.6876236, 0, 0.28108867, 0, 0.53864762, 0.28108867, 0, 0.28108867],
      [0.51184851, 0, 0, 0.26710379, 0.51184851, 0, 0.26710379, 0.51184851, 0.26710379],
      [0, 0.46979139, 0.58028582, 0.38408524, 0, 0, 0.38408524, 0, 0.38408524],
    ];
    dense(model.transform(corpus)).forEach((row, r) =>
      row.forEach((value, column) => expect(value).toBeCloseTo(expected[r]?.[column] as number, 6)),
    );
  });

  it('adds bigrams, drops rare terms and damps counts', () => {
    const model = fitTfidf(corpus, { ngramMax: 2, minDocumentCount: 2, sublinearTf: true });
    expect(model.terms).toEqual([
      'document',
      'first',
      'first document',
      'is',
      'is the',
      'the',
      'the first',
      'this',
      'this is',
    ]);
    const [row = []] = dense(
      fitTfidf(corpus, { ...plain, sublinearTf: true }).transform([corpus[1] as string]),
    );
    // document occurs twice: 1 + ln 2 in place of 2.
    expect((row[1] as number) / (row[3] as number)).toBeCloseTo((1 + Math.log(2)) * 1.22314355, 6);
  });

  it('joins only neighbouring words to bigrams, and none over an unknown word', () => {
    const model = fitTfidf(['bake bread', 'bread dough'], { ...plain, ngramMax: 2 });
    expect(model.terms).toEqual(['bake', 'bake bread', 'bread', 'bread dough', 'dough']);
    const [row = []] = dense(model.transform(['bake unseen bread']));
    expect(row.map((value) => value > 0)).toEqual([true, false, true, false, false]);
  });

  it('splits words as Python does: two characters at least, underscores and digits in, marks and signs out', () => {
    expect(fitTfidf(["A naïve x_y 42 don't café Ⅷⅷ 小麦粉 𝒜𝒷"], plain).terms).toEqual([
      '42',
      'café',
      'don',
      'naïve',
      'x_y',
      'ⅷⅷ',
      '小麦粉',
      '𝒜𝒷',
    ]);
  });

  it('gives unknown and empty texts an empty row, not NaN', () => {
    const x = fitTfidf(corpus, plain).transform(['', '???', 'unknown words', 'first']);
    expect([...x.offsets]).toEqual([0, 0, 0, 0, 1]);
    expect([...x.values]).toEqual([1]);
    expect(fitTfidf([], plain).terms).toEqual([]);
  });

  it('learns the same in chunks as at once', () => {
    const builder = createTfidfBuilder({ ...plain, ngramMax: 2 });
    for (const text of corpus) builder.add([text]);
    const chunked = builder.finish();
    const whole = fitTfidf(corpus, { ...plain, ngramMax: 2 });
    expect(chunked.terms).toEqual(whole.terms);
    expect(chunked.idf).toEqual(whole.idf);
    const stacked = stackRows(
      corpus.map((text) => chunked.transform([text])),
      chunked.terms.length,
    );
    expect(stacked).toEqual(whole.transform(corpus));
  });
});
