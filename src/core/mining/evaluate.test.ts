import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { conceptScores, evaluateGold, evaluateQuery, semanticsList, type Semantics } from './evaluate.ts';
import { parseQuery } from './parse.ts';
import { averagePrecision, precisionAt, topRows } from './rank.ts';

const logit = (p: number) => Math.log(p / (1 - p));
const scored = (
  source: string,
  semantics: Semantics,
  values: Readonly<Record<string, readonly number[]>>,
) => {
  const count = Object.values(values)[0]?.length ?? 0;
  return [
    ...evaluateQuery(parseQuery(source), semantics, count, (name) =>
      conceptScores((values[name] ?? []).map(logit)),
    ),
  ];
};
const one = (source: string, semantics: Semantics, p: Readonly<Record<string, number>>) =>
  scored(source, semantics, Object.fromEntries(Object.entries(p).map(([name, value]) => [name, [value]])))[0];

describe('semantics', () => {
  const p = { a: 0.8, b: 0.3 };
  it.each([
    ['"a" AND "b"', 0.24, 0.3, (4 * (3 / 7)) / (4 + 3 / 7) / (1 + (4 * (3 / 7)) / (4 + 3 / 7))],
    ['"a" OR "b"', 0.86, 0.8, (4 + 3 / 7) / (5 + 3 / 7)],
    ['NOT "a"', 0.2, 0.2, 0.2],
    ['"a" > "b"', (0.8 * 0.7) / (0.8 * 0.7 + 0.3 * 0.2), 0.75, (0.8 * 0.7) / (0.8 * 0.7 + 0.3 * 0.2)],
    ['"a" > 0.5', 1, 1, 1],
    ['"a" < 0.5 OR "b"', 0.3, 0.3, 0.3],
    ['"a" > 0.5 AND "b"', 0.3, 0.3, 0.3],
    ['("a" AND "b") > 0.25', 0, 1, 1],
  ])('%s: product %f, min-max %f, log-odds %f', (source, product, minMax, logOdds) => {
    expect(one(source, 'product', p)).toBeCloseTo(product, 12);
    expect(one(source, 'minMax', p)).toBeCloseTo(minMax, 12);
    expect(one(source, 'logOdds', p)).toBeCloseTo(logOdds, 12);
  });

  it('log-odds are Hamacher’s product pq / (p + q - pq)', () => {
    const [x, y] = [0.37, 0.91];
    expect(one('"x" AND "y"', 'logOdds', { x, y })).toBeCloseTo((x * y) / (x + y - x * y), 12);
  });

  it('keep De Morgan’s laws, double negation, and lie in 0 to 1, on 200 random texts', () => {
    const r = random(4);
    const column = () => Array.from({ length: 200 }, () => r.next());
    const values = { a: column(), b: column(), c: column() };
    for (const semantics of semanticsList) {
      const left = scored('NOT ("a" AND "b" AND "c")', semantics, values);
      const right = scored('NOT "a" OR NOT "b" OR NOT "c"', semantics, values);
      left.forEach((value, i) => expect(value).toBeCloseTo(right[i] ?? 0, 10));
      scored('NOT NOT "a"', semantics, values).forEach((value, i) =>
        expect(value).toBeCloseTo(values.a[i] ?? 0, 10),
      );
      const equal = scored('"a" > "a"', semantics, values);
      expect(equal.every((value) => Math.abs(value - 0.5) < 1e-12)).toBe(true);
      expect(left.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });

  it('are certain of certain concepts: no NaN at the ends', () => {
    const ends = [Infinity, -Infinity];
    for (const semantics of semanticsList)
      for (const a of ends)
        for (const b of ends) {
          const of = (source: string) =>
            evaluateQuery(parseQuery(source), semantics, 1, (name) =>
              conceptScores([name === 'a' ? a : b]),
            )[0];
          const [x, y] = [a > 0, b > 0];
          expect(of('"a" AND "b"')).toBe(x && y ? 1 : 0);
          expect(of('"a" OR "b"')).toBe(x || y ? 1 : 0);
          expect(of('NOT "a" OR "a" AND NOT "b"')).toBe(!x || !y ? 1 : 0);
          expect(of('"a" > "b"')).toBe(x === y ? 0.5 : x ? 1 : 0);
        }
  });

  it('log-odds tell texts apart where probabilities are all but 1', () => {
    const query = parseQuery('"a" AND "b"');
    const columns: Record<string, readonly number[]> = { a: [20, 25, 18], b: [19, 24, 30] };
    const scores = evaluateQuery(query, 'logOdds', 3, (name) => conceptScores(columns[name] ?? []));
    expect([...topRows(scores, 3)]).toEqual([1, 0, 2]);
  });

  it('gives gold by certain knowledge; equals are not more', () => {
    const gold: Record<string, readonly number[]> = { a: [1, 1, 0, 0], b: [1, 0, 1, 0] };
    const of = (source: string) => [...evaluateGold(parseQuery(source), 4, (name) => gold[name] ?? [])];
    expect(of('"a" AND NOT "b"')).toEqual([0, 1, 0, 0]);
    expect(of('"a" > "b"')).toEqual([0, 1, 0, 0]);
    expect(of('"a" > 0.7 OR "b"')).toEqual([1, 1, 1, 0]);
  });

  it('works over blocks: 5,000 texts as one by one', () => {
    const r = random(9);
    const [a, b] = [0, 1].map(() => Array.from({ length: 5000 }, () => r.next())) as [number[], number[]];
    const all = scored('"a" AND NOT ("b" OR "a" > 0.9)', 'product', { a, b });
    for (const row of [0, 2047, 2048, 4999]) {
      const [x, y] = [a[row] ?? 0, b[row] ?? 0];
      expect(all[row]).toBeCloseTo(x * (1 - (x > 0.9 ? 1 : y)), 12);
    }
  });
});

describe('ranking', () => {
  it('finds the best rows as a sort does, ties by row', () => {
    const r = random(2);
    const scores = Float64Array.from({ length: 3000 }, () => Math.floor(r.next() * 50) / 50);
    const sorted = Array.from(scores.keys()).sort((x, y) => (scores[y] ?? 0) - (scores[x] ?? 0) || x - y);
    for (const limit of [0, 1, 7, 500, 3000, 9999])
      expect([...topRows(scores, limit)]).toEqual(sorted.slice(0, limit));
  });

  it('gives precision over what is judged', () => {
    const marks = new Map([
      [4, true],
      [2, false],
      [9, true],
    ]);
    const at = (k: number) => precisionAt([4, 2, 7, 9], k, (row) => marks.get(row) ?? null);
    expect(at(2)).toEqual({ k: 2, judged: 2, relevant: 1, precision: 0.5 });
    expect(at(100)).toEqual({ k: 4, judged: 3, relevant: 2, precision: 2 / 3 });
    expect(precisionAt([7], 1, () => null).precision).toBeNull();
  });

  it('gives average precision as worked by hand', () => {
    // Relevant at ranks 1 and 3: (1/1 + 2/3) / 2.
    expect(averagePrecision([0.9, 0.8, 0.7, 0.1], [1, 0, 1, 0])).toBeCloseTo((1 + 2 / 3) / 2, 12);
    // Equal scores stand together, as scikit-learn has it: half at precision 1/2, half at 2/3.
    expect(averagePrecision([0.5, 0.5, 0.2], [1, 0, 1])).toBeCloseTo(1 / 4 + 1 / 3, 12);
    expect(averagePrecision([1, 2], [0, 0])).toBeNull();
  });
});
