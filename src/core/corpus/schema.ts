import type { Mapping, SchemaName } from './mapping.ts';

/** Column names that hold text, the best first. */
const textNames = [
  'text',
  'step',
  'sentence',
  'instruction',
  'content',
  'body',
  'paragraph',
  'utterance',
  'query',
  'question',
  'document',
  'article',
  'description',
  'result',
  'steps',
  'sentences',
  'paragraphs',
  'headlines',
  'headline',
  'title',
];
/** Column names that hold labels, the best first: `labels` goes before the narrower `categories`. */
const labelNames = [
  'labels',
  'label',
  'categories',
  'category',
  'tags',
  'tag',
  'topics',
  'topic',
  'classes',
  'class',
  'intent',
  'genre',
  'target',
  'cat',
];
/** Column names of a topic tree: a topic, and the one above it. */
const childNames = [
  'child',
  'topic name',
  'topic',
  'category',
  'subtopic',
  'subcategory',
  'label',
  'name',
  'narrower',
];
const parentNames = [
  'parent',
  'father topics',
  'parent topic',
  'parent_topic',
  'parent category',
  'parent_category',
  'broader',
  'supercategory',
];
/** Column names that tell which article a row is from, the best first. */
const articleNames = ['url', 'link', 'article_id', 'doc_id', 'article', 'title', 'goal'];
/** Schemas whose rows are parts of an article, also where a sample holds no two of one. */
const partsOfArticles: ReadonlySet<Mapping['schema']> = new Set([
  'howsumm-step',
  'howsumm-method',
  'wikihow-sep',
]);
/** A label value longer than this on average is prose. */
const longestLabel = 60;

export interface SchemaGuess extends Pick<
  Mapping,
  'schema' | 'textColumns' | 'labelColumns' | 'labelSeparator' | 'articleColumn'
> {
  readonly recognised: boolean;
  readonly notes: readonly string[];
}

/** What a column holds, by a sample of rows. */
export interface ColumnSample {
  readonly name: string;
  /** Cells as text; lists joined as JSON. */
  readonly cells: readonly string[];
  readonly isList: boolean;
}

const named = (columns: readonly ColumnSample[], wanted: readonly string[]): ColumnSample | undefined => {
  for (const name of wanted) {
    const found = columns.find((column) => column.name.trim().toLowerCase() === name);
    if (found) return found;
  }
  return undefined;
};

/**
 * Recognises HowSumm rows, the wikiHow summarisation CSVs and plain text with labels by their columns; anything else is a
 * guess to be confirmed (`recognised: false`). Which HowSumm field is "the instruction" no paper says: it is the step here.
 */
export function guessSchema(columns: readonly ColumnSample[]): SchemaGuess {
  const has = (...names: readonly string[]) => names.every((name) => named(columns, [name]) !== undefined);
  const actual = (...names: readonly string[]) =>
    names.map((name) => named(columns, [name])?.name).filter((name) => name !== undefined);
  const guess = (
    schema: SchemaName,
    text: readonly string[],
    labels: readonly string[],
    notes: readonly string[],
    recognised = true,
  ): SchemaGuess => ({
    schema,
    textColumns: text,
    labelColumns: labels,
    labelSeparator: guessSeparator(columns.filter((column) => labels.includes(column.name))),
    ...articleOf(
      schema,
      columns.filter(({ name }) => !text.includes(name) && !labels.includes(name)),
    ),
    recognised,
    notes,
  });

  const child = named(columns, childNames);
  const parent = named(columns, parentNames);
  if (columns.length <= 4 && child && parent && !has('text') && !has('step') && !has('steps'))
    return guess(
      'topic-tree',
      [child.name],
      [parent.name],
      [
        'A topic tree: no rows are read from it; topics above a label become labels, as many levels up as you choose.',
      ],
    );
  if (has('categories', 'steps') && has('title'))
    return guess('howsumm-method', actual('method', 'steps'), actual('categories'), [
      'HowSumm method rows: the text is the method and its steps, the labels are the categories.',
    ]);
  if (has('categories', 'step') && (has('title') || has('method') || has('target-summary')))
    return guess('howsumm-step', actual('step'), actual('categories'), [
      'HowSumm step rows: the text is the step, the labels are the categories. Add title, method or target-summary in the mapping.',
    ]);
  if (has('overview', 'headline', 'text', 'sectionlabel', 'title')) {
    const labels = actual('categories', 'category', 'labels').slice(0, 1);
    return guess('wikihow-sep', actual('headline', 'text'), labels, [
      'wikihowSep rows: the text is the headline and the paragraph.',
      ...(labels.length === 0 ? [noLabels] : []),
    ]);
  }
  if (has('headline', 'title', 'text')) {
    const labels = actual('categories', 'category', 'labels').slice(0, 1);
    return guess('wikihow-all', actual('text'), labels, [
      'wikihowAll rows: the text is the article; headline holds its summary.',
      ...(labels.length === 0 ? [noLabels] : []),
    ]);
  }
  const label = named(columns, labelNames);
  const text = named(
    columns.filter((column) => column !== label),
    textNames,
  );
  if (text && label && meanLength(label) <= longestLabel * 4)
    return guess('text-labels', [text.name], [label.name], []);
  const byLength = columns.filter((column) => column !== label).sort((a, b) => meanLength(b) - meanLength(a));
  const prose = text ?? byLength[0];
  const classes =
    label ?? columns.find((column) => column !== prose && !isName(column) && looksLikeLabels(column));
  if (!prose) return guess('unknown', [], [], ['No column was found.'], false);
  return guess(
    classes ? 'text-labels' : 'unknown',
    [prose.name],
    classes ? [classes.name] : [],
    classes ? ['The columns were guessed from their contents.'] : [noLabels],
    false,
  );
}

/** The column that names a row's article, where rows of one article stand under each other; rows are not told apart by it else. */
function articleOf(
  schema: Mapping['schema'],
  columns: readonly ColumnSample[],
): { readonly articleColumn?: string } {
  if (schema === 'topic-tree') return {};
  const column = named(columns, articleNames);
  if (!column) return {};
  const filled = column.cells.filter((cell) => cell.trim() !== '');
  const repeats = new Set(filled).size < filled.length;
  return repeats || partsOfArticles.has(schema) ? { articleColumn: column.name } : {};
}

const noLabels = 'No label column was found: rows load without labels, and training needs some.';

function meanLength(column: ColumnSample): number {
  return column.cells.reduce((sum, cell) => sum + cell.length, 0) / Math.max(1, column.cells.length);
}

/** Names and addresses repeat over an article's rows without being classes. */
function isName(column: ColumnSample): boolean {
  const name = column.name.trim().toLowerCase();
  return textNames.includes(name) || /^(?:id|url|link|date|author|split|source)s?$/u.test(name);
}

function looksLikeLabels(column: ColumnSample): boolean {
  const filled = column.cells.filter((cell) => cell.trim() !== '');
  const distinct = new Set(filled).size;
  const repeats = filled.length >= 3 && distinct <= Math.max(1, filled.length * 0.5);
  return filled.length > 0 && (column.isList || repeats) && meanLength(column) <= longestLabel;
}

/** The sign between labels in one cell, by how often it stands in the sample; null for lists and single labels. */
function guessSeparator(labels: readonly ColumnSample[]): string | null {
  const cells = labels.flatMap((column) => (column.isList ? [] : column.cells)).filter((cell) => cell !== '');
  if (cells.length === 0 || cells.some((cell) => cell.trim().startsWith('['))) return null;
  if (areTaskCategories(cells)) return null;
  for (const separator of ['|', ';', '\t', ',']) {
    const split = cells.filter((cell) => cell.includes(separator));
    if (split.length < Math.max(1, cells.length * 0.2)) continue;
    if (separator !== ',') return separator;
    // A comma may be part of a name ("Food, Drink"): only where the parts also stand in other cells does it separate.
    const seen = new Map<string, number>();
    for (const cell of new Set(cells))
      for (const part of new Set(cell.split(',').map((p) => p.trim())))
        seen.set(part, (seen.get(part) ?? 0) + 1);
    if ([...seen.values()].some((count) => count > 1)) return separator;
  }
  return null;
}

const taskCategory = /^[^|#]+\|[^|#]+(?:##[^|#]+\|[^|#]+)*$/u;

/**
 * Task categories (`write|poem`, merged ones joined by `##`) are one label each, though a bar stands in them: every cell is a pair, and what
 * stands before the bars is hardly ever what stands behind them, as verbs are not nouns.
 */
function areTaskCategories(cells: readonly string[]): boolean {
  if (cells.length < 3 || !cells.every((cell) => taskCategory.test(cell.trim()))) return false;
  if (cells.some((cell) => cell.includes('##'))) return true;
  const pairs = cells.map((cell) => cell.trim().split('|'));
  const verbs = new Set(pairs.map(([verb]) => verb));
  const nouns = new Set(pairs.map(([, noun]) => noun));
  const both = [...verbs].filter((verb) => nouns.has(verb)).length;
  return both <= 0.2 * Math.min(verbs.size, nouns.size);
}
