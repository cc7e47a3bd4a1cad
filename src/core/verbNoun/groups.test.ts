import { describe, expect, it } from 'vitest';
import { categoryAgreement, categoryCounts } from './agreement.ts';
import { categoryKey, categoryLabel, parseCategories } from './category.ts';
import {
  dissolveSynonyms,
  groupsOfLabels,
  joinSynonyms,
  nameSynonyms,
  releaseSynonym,
  synonymMapper,
  type SynonymGroups,
} from './groups.ts';

const mapped = (groups: SynonymGroups, key: string) => {
  const [category] = parseCategories(key);
  return category && categoryKey(synonymMapper(groups)(category));
};

describe('synonym groups', () => {
  const verbs = joinSynonyms([], 'verb', ['create', 'Generate ', 'write']);

  it('let words count as one, and leave the rest alone', () => {
    expect(mapped(verbs, 'generate|poem')).toBe('create|poem');
    expect(mapped(verbs, 'sort|poem')).toBe('sort|poem');
    expect(mapped(verbs, 'write|write')).toBe('create|write');
  });

  it('join groups that share a word, and never hold a word twice', () => {
    const more = joinSynonyms(joinSynonyms(verbs, 'verb', ['compose', 'draft']), 'verb', ['draft', 'write']);
    expect(more).toEqual([
      { scope: 'verb', name: 'compose', members: ['compose', 'create', 'generate', 'write', 'draft'] },
    ]);
    expect(verbs[0]?.members).toHaveLength(3);
  });

  it('map words before pairs, so that both kinds work together', () => {
    const both = joinSynonyms(verbs, 'pair', ['create|verse', 'pen|poem']);
    expect(mapped(both, 'generate|verse')).toBe('create|verse');
    expect(mapped(both, 'pen|poem')).toBe('create|verse');
  });

  it('give words back, dissolve, and take another name', () => {
    expect(mapped(nameSynonyms(verbs, 'verb', 'write'), 'create|poem')).toBe('write|poem');
    const without = releaseSynonym(verbs, 'verb', 'create');
    expect(without[0]).toMatchObject({ name: 'generate', members: ['generate', 'write'] });
    expect(releaseSynonym(without, 'verb', 'write')).toEqual([]);
    expect(dissolveSynonyms(verbs, 'verb', 'write')).toEqual([]);
    expect(dissolveSynonyms(verbs, 'noun', 'write')).toEqual(verbs);
    expect(() => joinSynonyms([], 'noun', ['a', 'A'])).toThrowError(
      expect.objectContaining({ code: 'synonym-group-empty' }),
    );
    expect(() => nameSynonyms(verbs, 'verb', 'sing')).toThrowError(
      expect.objectContaining({ code: 'synonym-group-unknown' }),
    );
  });

  it("read the benchmark's own merges", () => {
    const groups = groupsOfLabels(['find|error##find|mistake', 'sort|list', 'find|mistake##spot|mistake']);
    expect(groups).toHaveLength(1);
    expect(mapped(groups, 'spot|mistake')).toBe('find|error');
    const label = 'a|b##c|d';
    expect(categoryLabel(parseCategories(label))).toBe(label);
  });
});

describe('agreement with labels', () => {
  it('accepts any merged pair, but not halves of two', () => {
    const label = 'find|error##correct|mistake';
    const got = [
      { verb: 'correct', noun: 'mistake' },
      { verb: 'find', noun: 'mistake' },
      null,
      { verb: 'x', noun: 'y' },
    ];
    expect(categoryAgreement(got, [label, label, label, null])).toEqual({
      rows: 3,
      verb: 2 / 3,
      noun: 2 / 3,
      pair: 1 / 3,
    });
  });

  it('counts categories, largest first', () => {
    expect(categoryCounts(['b', 'a', 'b', 'c'])).toEqual([
      { category: 'b', rows: 2 },
      { category: 'a', rows: 1 },
      { category: 'c', rows: 1 },
    ]);
  });
});
