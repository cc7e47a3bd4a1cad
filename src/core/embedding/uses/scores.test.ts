import { describe, expect, it } from 'vitest';
import { readScores } from './scores.ts';

describe('scores of systems', () => {
  it('are the columns of numbers, texts passed over', () => {
    const read = readScores('id,"text, quoted",A,B\na,"x, ""y""",1,0.5\nb,z,0,0.25\n', 2);
    expect(read.map(({ name, scores }) => [name, [...scores]])).toEqual([
      ['A', [1, 0]],
      ['B', [0.5, 0.25]],
    ]);
    expect(readScores('A\tB\n1\t2\n', 1).map(({ name }) => name)).toEqual(['A', 'B']);
  });

  it.each([
    ['other rows', 'A,B\n1,2\n', 2],
    ['one system', 'A\n1\n', 1],
    ['a hole', 'A,B\n1,2\n,3\n', 2],
    ['nothing', '', 1],
  ])('are refused: %s', (_, text, rows) => {
    expect(() => readScores(text, rows)).toThrowError(expect.objectContaining({ code: 'scores-invalid' }));
  });
});
