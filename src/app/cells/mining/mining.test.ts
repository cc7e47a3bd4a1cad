import { describe, expect, it } from 'vitest';
import { conceptsOf } from '../../../core/mining/concepts.ts';
import { csvOf, jsonlOf, rowsOf } from './exported.ts';
import { classifiersIn, readFormula } from './reading.ts';
import type { Shown } from './store.ts';

const concepts = conceptsOf([
  { id: 'm', name: 'Messages', labels: ['about food', 'about film'] },
  { id: 's', name: 'Mood', labels: ['good', 'bad'] },
]);

describe('reading a formula', () => {
  it('is canonical only where every name is known, and says which classifiers it needs', () => {
    const reading = readFormula('"About food" and ("good" or "about film")', concepts);
    expect(reading.canonical).toBe('"About food" AND ("good" OR "about film")');
    expect(classifiersIn(reading)).toEqual(['m', 's']);
    const unknown = readFormula('"good" AND "abuot film"', concepts);
    expect(unknown).toMatchObject({ canonical: null, errors: [{ code: 'query-unknown-concept', from: 11 }] });
    expect(readFormula('"good" AND', concepts)).toMatchObject({
      query: null,
      errors: [{ code: 'query-missing-operand' }],
    });
  });
});

const ranking = {
  rows: Uint32Array.of(7, 2),
  scores: Float64Array.of(0.91234567, 0.5),
  above: 2,
  gold: null,
  truth: Uint8Array.of(1, 0),
};
const shown: Shown = {
  dataHash: 'd',
  canonical: '"a, b" AND "c"',
  answer: { rankings: { product: ranking, minMax: ranking, logOdds: ranking }, elapsedMs: 1 },
  semantics: 'product',
  names: ['a, b', 'c'],
  ranking,
  texts: ['say "yes"\nor no', '=1+1'],
  evidence: Float32Array.of(0.5, 1, 0.25, 0),
  hasGold: true,
};

describe('exports of a ranking', () => {
  const rows = rowsOf(shown, new Map([[2, false]]));

  it('hold rank, row, score, text, evidence, judgement and gold', () => {
    expect(csvOf(shown, rows)).toBe(
      'rank,row,score,text,"a, b",c,judged,gold\r\n1,7,0.912346,"say ""yes""\nor no",0.5,1,,right\r\n2,2,0.5,=1+1,0.25,0,wrong,wrong\r\n',
    );
    const lines = jsonlOf(shown, rows).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        rank: 1,
        row: 7,
        text: 'say "yes"\nor no',
        judged: null,
        gold: true,
        score: 0.912346,
        concepts: { 'a, b': 0.5, c: 1 },
        formula: '"a, b" AND "c"',
        semantics: 'product',
      },
      {
        rank: 2,
        row: 2,
        text: '=1+1',
        judged: false,
        gold: false,
        score: 0.5,
        concepts: { 'a, b': 0.25, c: 0 },
        formula: '"a, b" AND "c"',
        semantics: 'product',
      },
    ]);
  });
});
