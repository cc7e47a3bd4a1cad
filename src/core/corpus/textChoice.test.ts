import { describe, expect, it } from 'vitest';
import type { Mapping } from './mapping.ts';
import { jsonMapping } from './testing.ts';
import { textChoiceOf, textChoices } from './textChoice.ts';

const idsOf = (mapping: Mapping, columns: readonly string[]) =>
  textChoices(mapping, columns).map(({ id }) => id);
const jsonl = jsonMapping('jsonl');

describe('what a row’s text can be', () => {
  it('follows the columns of HowSumm and wikiHow shapes', () => {
    expect(idsOf(jsonl, ['url', 'title', 'method', 'step', 'categories'])).toEqual([
      'titles',
      'steps',
      'titles-steps',
      'titles-methods-steps',
    ]);
    expect(idsOf(jsonl, ['title', 'method', 'steps', 'categories'])).toEqual([
      'titles',
      'methods',
      'titles-methods',
      'each-step',
      'titles-each-step',
    ]);
    expect(
      idsOf({ ...jsonl, format: 'csv' }, ['overview', 'headline', 'text', 'sectionLabel', 'title']),
    ).toEqual(['titles', 'headlines', 'paragraphs', 'headlines-paragraphs', 'titles-headlines']);
  });

  it('offers no rows of single entries for a table, whose cells are no lists', () => {
    expect(idsOf({ ...jsonl, format: 'csv' }, ['title', 'steps'])).not.toContain('each-step');
  });

  it('keeps the spelling of the columns', () => {
    expect(textChoices(jsonl, ['Title', 'STEP']).at(-1)?.textColumns).toEqual(['Title', 'STEP']);
  });

  it('offers nothing for other tables and for topic trees', () => {
    expect(idsOf(jsonl, ['text', 'labels'])).toEqual([]);
    expect(idsOf({ ...jsonl, schema: 'topic-tree' }, ['title', 'step'])).toEqual([]);
  });

  it('finds the choice that a mapping stands for', () => {
    const columns = ['title', 'steps'];
    const choices = textChoices(jsonl, columns);
    for (const choice of choices)
      expect(
        textChoiceOf({ ...jsonl, textColumns: choice.textColumns, rowUnit: choice.rowUnit }, choices),
      ).toBe(choice);
    expect(textChoiceOf({ ...jsonl, textColumns: ['steps', 'title'] }, choices)).toBeNull();
  });
});
