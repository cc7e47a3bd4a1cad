import { describe, expect, it } from 'vitest';
import { goldColumn, goldRows, suggestTarget, type ClassTarget } from './mapping.ts';

const label = (name: string): ClassTarget => ({ kind: 'label', label: name });

describe('suggested mappings', () => {
  it.each([
    ['Sports', ['World', 'Sports'], label('Sports')],
    ['topic: sports news', ['World', 'Sports', 'Business'], label('Sports')],
    ['topic: science/technology news', ['World', 'Sci/Tech', 'Science'], label('Science')],
    ['about food', ['kitchen and dining', 'food'], label('food')],
    ['about animals', ['Animal', 'plants'], label('Animal')],
    ['other', ['food'], { kind: 'rest' }],
    ['other', ['food', 'Other'], label('Other')],
    ['about film', ['food', 'music'], { kind: 'none' }],
    // Two labels as near as each other: the reader has to say.
    ['about cards', ['credit cards', 'gift cards'], { kind: 'none' }],
  ])('%s among %j', (name, labels, expected) => {
    expect(suggestTarget(name, labels)).toEqual(expected);
  });
});

describe('gold rows', () => {
  /** Rows: food; food and film; film; music; nothing. */
  const table = {
    rowCount: 5,
    labels: ['food', 'film', 'music'],
    rowOffsets: Uint32Array.from([0, 1, 3, 4, 5, 5]),
    labelIds: Uint32Array.from([0, 0, 1, 1, 2]),
  };

  it('are those of exactly one class; the others are counted', () => {
    const found = goldRows([label('food'), label('film')], table);
    expect([...found.rows]).toEqual([0, 2]);
    expect([...found.classOf]).toEqual([0, 1]);
    expect(found).toMatchObject({ several: 1, none: 2 });
  });

  it('go to “other” where no class claims them', () => {
    const found = goldRows([{ kind: 'rest' }, label('film'), { kind: 'none' }], table);
    expect([...found.classOf]).toEqual([0, 1, 1, 0, 0]);
    expect([...found.rows]).toEqual([0, 1, 2, 3, 4]);
  });

  it('may overlap where concepts are asked one by one', () => {
    const targets = [label('food'), label('film'), { kind: 'rest' } as const];
    expect([...(goldColumn(label('food'), targets, table) ?? [])]).toEqual([1, 1, 0, 0, 0]);
    expect([...(goldColumn({ kind: 'rest' }, targets, table) ?? [])]).toEqual([0, 0, 0, 1, 1]);
    expect(goldColumn({ kind: 'none' }, targets, table)).toBeNull();
  });
});
