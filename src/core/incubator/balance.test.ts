import { describe, expect, it } from 'vitest';
import { balanceOf } from './balance.ts';

const set = (labels: readonly string[], samples: readonly (readonly string[])[]) => ({
  instruction: '',
  labels,
  samples,
});

describe('balance of a generated set', () => {
  it('says how much each class has to say, and what stands in it twice or under another class too', () => {
    const { classes, lengthRatio } = balanceOf(
      set(
        ['about food', 'film'],
        [
          ['Good soup!', 'a good film'],
          ['good SOUP', 'a b c d'],
          ['All food: about a lot', 'Soup, good'],
        ],
      ),
    );
    expect(classes).toEqual([
      {
        label: 'about food',
        texts: 3,
        distinct: 2 / 3,
        meanWords: 3,
        medianWords: 2,
        inOtherClasses: 2 / 3,
        namesItself: 1 / 3,
      },
      {
        label: 'film',
        texts: 3,
        distinct: 1,
        meanWords: 3,
        medianWords: 3,
        inOtherClasses: 1 / 3,
        namesItself: 1 / 3,
      },
    ]);
    expect(lengthRatio).toBe(1);
  });

  it('tells a class that length gives away, and has zeros where nothing is', () => {
    expect(balanceOf(set(['a', 'b'], [['x', 'x y z']])).lengthRatio).toBe(3);
    const empty = balanceOf(set(['a', 'b'], []));
    expect(empty.lengthRatio).toBe(1);
    expect(empty.classes[0]).toMatchObject({ texts: 0, distinct: 0, inOtherClasses: 0, namesItself: 0 });
  });
});
