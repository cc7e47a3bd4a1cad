import { describe, expect, it } from 'vitest';
import type { Mapping, SniffedFile } from '../../../services/corpus/contract.ts';
import { fileGroups, mappingProblem, mappingSentence, previewLabels, previewText } from './mapping.ts';

const mapping: Mapping = {
  format: 'jsonl',
  schema: 'text-labels',
  gzip: false,
  textColumns: ['title', 'steps'],
  labelColumns: ['categories'],
  labelSeparator: null,
  delimiter: '',
  hasHeader: false,
};
const file = (name: string, columns: readonly string[]): SniffedFile => ({
  name,
  byteLength: 1,
  mapping,
  recognised: true,
  columns,
  preview: [],
  notes: [],
});

describe('the mapping panel', () => {
  it('previews labels as they will be read: lists as pandas writes them, missing values as none', () => {
    expect(previewLabels("['Baking', 'Bread, flat']", null)).toEqual(['Baking', 'Bread, flat']);
    expect(previewLabels('["Baking", 7, null]', ',')).toEqual(['Baking', '7']);
    expect(previewLabels('Baking; NaN;  Home   baking', ';')).toEqual(['Baking', 'Home baking']);
    expect(previewLabels('NaN', null)).toEqual([]);
    expect(previewLabels('{"a": 1}', null)).toEqual([]);
  });

  it('lists few files one by one, and of many one for each shape', () => {
    const few = ['a', 'b'].map((name) => file(name, ['x']));
    expect(fileGroups(few)).toEqual([
      { at: 0, count: 1 },
      { at: 1, count: 1 },
    ]);
    const many = Array.from({ length: 20 }, (_, i) => file(`f${i}`, i % 5 === 3 ? ['y'] : ['x']));
    expect(fileGroups(many)).toEqual([
      { at: 0, count: 16 },
      { at: 3, count: 4 },
    ]);
  });

  it('previews lists a line an entry, and one entry where each is a row', () => {
    const cells = ['Bake', '["Mix.","Heat."]'];
    expect(previewText(cells, mapping)).toBe('Bake\nMix.\nHeat.');
    expect(previewText(cells, { ...mapping, rowUnit: 'step' })).toBe('Bake\nMix.');
    expect(previewText(['[not a list', ''], mapping)).toBe('[not a list');
  });

  it('says what is read, and what a topic tree still needs', () => {
    expect(mappingSentence({ ...mapping, rowUnit: 'step' })).toBe(
      'JSONL: a row for each step, text from title, steps; labels from categories',
    );
    const tree: Mapping = {
      ...mapping,
      schema: 'topic-tree',
      textColumns: ['child'],
      labelColumns: ['parent'],
    };
    expect(mappingSentence(tree)).toBe('Topic tree: child under parent');
    expect(mappingProblem(tree)).toBeNull();
    expect(mappingProblem({ ...tree, labelColumns: [] })).toMatch(/one column/u);
  });
});
