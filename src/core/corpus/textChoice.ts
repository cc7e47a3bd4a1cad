import type { Mapping, RowUnit } from './mapping.ts';

/** One way to make texts of a how-to record. */
export interface TextChoice {
  readonly id: string;
  readonly label: string;
  readonly rowUnit: RowUnit;
  readonly textColumns: readonly string[];
}

const wikiChoices: readonly TextChoice[] = [
  { id: 'titles', label: 'Titles', rowUnit: 'record', textColumns: ['title'] },
  { id: 'articles', label: 'Whole articles', rowUnit: 'record', textColumns: ['text'] },
  {
    id: 'articles-steps',
    label: 'Articles: title and all steps',
    rowUnit: 'record',
    textColumns: ['title', 'steps'],
  },
  { id: 'methods', label: 'Methods: all steps of each', rowUnit: 'method', textColumns: ['method', 'steps'] },
  {
    id: 'titles-methods',
    label: 'Methods with the title',
    rowUnit: 'method',
    textColumns: ['title', 'method', 'steps'],
  },
  { id: 'steps', label: 'Steps', rowUnit: 'step', textColumns: ['step'] },
  { id: 'titles-steps', label: 'Steps with the title', rowUnit: 'step', textColumns: ['title', 'step'] },
  {
    id: 'titles-methods-steps',
    label: 'Steps with title and method',
    rowUnit: 'step',
    textColumns: ['title', 'method', 'step'],
  },
];

/**
 * The texts that a file's columns allow: titles, methods, steps, or joins of them. Empty where it is no how-to shape: then the
 * columns are chosen one by one.
 */
export function textChoices({ format, schema }: Mapping, columns: readonly string[]): readonly TextChoice[] {
  if (format === 'mediawiki') return wikiChoices;
  if (schema === 'topic-tree') return [];
  const column = (name: string) => columns.find((found) => found.trim().toLowerCase() === name);
  const [title, method, step, steps] = ['title', 'method', 'step', 'steps'].map(column);
  const [headline, text] = ['headline', 'text'].map(column);
  const choices: TextChoice[] = [];
  const add = (
    id: string,
    label: string,
    parts: readonly (string | undefined)[],
    rowUnit: RowUnit = 'record',
  ) => {
    const textColumns = parts.filter((part) => part !== undefined);
    if (textColumns.length === parts.length) choices.push({ id, label, rowUnit, textColumns });
  };
  if (step === undefined && steps === undefined && (headline === undefined || text === undefined)) return [];
  add('titles', 'Titles', [title]);
  add('steps', 'Steps', [step]);
  add('titles-steps', 'Steps with the title', [title, step]);
  add('titles-methods-steps', 'Steps with title and method', [title, method, step]);
  add('methods', 'Methods: all steps of each', method === undefined ? [steps] : [method, steps]);
  add(
    'titles-methods',
    'Methods with the title',
    method === undefined ? [title, steps] : [title, method, steps],
  );
  // A cell of a table is one text: only lists have entries that can be rows of their own.
  if (format === 'json' || format === 'jsonl' || format === 'parquet') {
    add('each-step', 'Steps, each a row of its own', [steps], 'step');
    add('titles-each-step', 'Steps with the title, each a row', [title, steps], 'step');
  }
  if (steps === undefined && step === undefined) {
    add('headlines', 'Headlines', [headline]);
    add('paragraphs', 'Paragraphs', [text]);
    add('headlines-paragraphs', 'Headlines and paragraphs', [headline, text]);
    add('titles-headlines', 'Titles and headlines', [title, headline]);
  }
  return choices;
}

/** The choice that a mapping stands for; null where its columns were chosen by hand. */
export function textChoiceOf(mapping: Mapping, choices: readonly TextChoice[]): TextChoice | null {
  return (
    choices.find(
      ({ rowUnit, textColumns }) =>
        rowUnit === (mapping.rowUnit ?? 'record') &&
        textColumns.length === mapping.textColumns.length &&
        textColumns.every((column, i) => column === mapping.textColumns[i]),
    ) ?? null
  );
}
