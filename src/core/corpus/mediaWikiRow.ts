import type { JsonRow } from './jsonRow.ts';
import type { Mapping, RowUnit } from './mapping.ts';
import type { MediaWikiPage } from './mediaWikiPage.ts';
import { wikiArticle, type WikiArticle } from './wikiArticle.ts';

/** The columns an export offers, by what a row is made of; `categories` are the labels. */
export const mediaWikiColumns: Readonly<Record<RowUnit, readonly string[]>> = {
  record: ['title', 'introduction', 'steps', 'text', 'categories'],
  method: ['title', 'introduction', 'method', 'steps', 'categories'],
  step: ['title', 'introduction', 'method', 'step', 'categories'],
};

interface Cells {
  readonly title: string;
  readonly introduction: string;
  readonly text: string;
  readonly method: string;
  readonly steps: readonly string[];
}

/** The rows of one article with their parts. */
export function pageRows(
  page: MediaWikiPage,
  mapping: Mapping,
  categoryNames: readonly string[],
): { readonly part: number; readonly row: JsonRow }[] {
  const article = wikiArticle(page, categoryNames);
  const unit = mapping.rowUnit ?? 'record';
  const parts = unit === 'record' ? 1 : unit === 'method' ? article.methods.length : stepCount(article);
  if (parts === 0)
    return [
      {
        part: 0,
        row: { code: 'no-text', reason: `The article has no ${unit === 'step' ? 'steps' : 'methods'}.` },
      },
    ];
  const labels = mapping.labelColumns.includes('categories') ? article.categories : [];
  return Array.from({ length: parts }, (_, part) => {
    const text = joined(cellsOf(article, unit, part), mapping, unit);
    return {
      part,
      row:
        text === ''
          ? { code: 'no-text', reason: 'The text is missing or blank.' }
          : { text, labels, dropped: 0 },
    };
  });
}

/** The text of one row of an article. */
export function articleText(article: WikiArticle, mapping: Mapping, part: number): string {
  const unit = mapping.rowUnit ?? 'record';
  return joined(cellsOf(article, unit, part), mapping, unit);
}

/** One row as the preview shows it, in the order of `mediaWikiColumns[unit]`. */
export function previewRow(article: WikiArticle, unit: RowUnit): readonly string[] {
  const cells = cellsOf(article, unit, 0);
  return mediaWikiColumns[unit].map((column) =>
    column === 'categories' ? JSON.stringify(article.categories) : cell(cells, column, unit),
  );
}

const stepCount = (article: WikiArticle) => article.methods.reduce((sum, { steps }) => sum + steps.length, 0);

function cellsOf(article: WikiArticle, unit: RowUnit, part: number): Cells {
  const { title, introduction, text, methods } = article;
  if (unit === 'method') {
    const { name = '', steps = [] } = methods[part] ?? {};
    return { title, introduction, text, method: name, steps };
  }
  if (unit === 'record')
    return { title, introduction, text, method: '', steps: methods.flatMap(({ steps }) => steps) };
  let before = 0;
  for (const { name, steps } of methods) {
    const step = steps[part - before];
    if (step !== undefined) return { title, introduction, text, method: name, steps: [step] };
    before += steps.length;
  }
  return { title, introduction, text, method: '', steps: [] };
}

function cell(cells: Cells, column: string, unit: RowUnit): string {
  switch (column) {
    case 'title':
    case 'introduction':
    case 'text':
    case 'method':
      return cells[column];
    case 'steps':
      return cells.steps.join('\n');
    case 'step':
      return unit === 'step' ? (cells.steps[0] ?? '') : cells.steps.join('\n');
    default:
      return '';
  }
}

function joined(cells: Cells, mapping: Mapping, unit: RowUnit): string {
  return mapping.textColumns
    .map((column) => cell(cells, column, unit).trim())
    .filter((text) => text !== '')
    .join('\n');
}
