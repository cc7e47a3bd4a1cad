import { describe, expect, it } from 'vitest';
import { asJsonLines, benchmarkLines } from './lines.ts';

describe('nested benchmark files', () => {
  it('become one text and one label a row', () => {
    const ieb = {
      'write|poem': { number: 2, samples: [{ instruction: 'Write a poem' }, { instruction: 'Rhyme' }] },
      'fix|bug': { samples: [{ category: ['fix', 'bug'], instruction: 'Fix it', input: 'x', output: 'y' }] },
    };
    expect(benchmarkLines(ieb)).toEqual([
      { text: 'Write a poem', label: 'write|poem' },
      { text: 'Rhyme', label: 'write|poem' },
      { text: 'Fix it', label: 'fix|bug' },
    ]);
    expect(benchmarkLines({ train: [['pay my bill', 'pay_bill']], val: [['hi', 'greet']] })).toEqual([
      { text: 'pay my bill', label: 'pay_bill' },
      { text: 'hi', label: 'greet' },
    ]);
    expect(benchmarkLines(['Name a tree', 'Name a river'])).toEqual([
      { text: 'Name a tree' },
      { text: 'Name a river' },
    ]);
  });

  it('are told from tables, which other readers take', () => {
    for (const json of [[], {}, null, 3, [{ text: 'a', label: 'b' }], { rows: [{ a: 1 }] }, { a: [['x']] }])
      expect(benchmarkLines(json)).toBeNull();
  });

  it('are written as JSON lines', () => {
    expect(asJsonLines([{ text: 'a\n"b"', label: 'c' }, { text: 'd' }])).toBe(
      '{"text":"a\\n\\"b\\"","label":"c"}\n{"text":"d"}\n',
    );
  });
});
