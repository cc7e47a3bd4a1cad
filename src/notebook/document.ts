import { jsonFile } from '../base/json.ts';
import { VerbenaError } from '../base/errors.ts';
import type { CellId, CellResult } from './cells.ts';
import type { Experiment } from './experiments/types.ts';
import { defaultParameters, type NotebookParameters } from './parameters.ts';

/** A notebook as it is saved: parameters and results, never the data itself. */
export interface NotebookDocument {
  readonly format: 'verbena-notebook';
  readonly version: 1;
  readonly id: string;
  readonly title: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly parameters: NotebookParameters;
  readonly results: Readonly<Partial<Record<CellId, CellResult>>>;
  readonly experiments: readonly Experiment[];
}

export class NotebookFileError extends VerbenaError<
  'notebook-not-json' | 'notebook-wrong-format' | 'notebook-newer' | 'notebook-invalid'
> {}

/** A notebook with the default parameters and nothing run. */
export function newDocument(now: Date = new Date()): NotebookDocument {
  const createdAt = now.toISOString();
  return {
    format: 'verbena-notebook',
    version: 1,
    id: crypto.randomUUID(),
    title: 'Untitled notebook',
    createdAt,
    modifiedAt: createdAt,
    parameters: defaultParameters,
    results: {},
    experiments: [],
  };
}

/** The text of a `.verbena.json` file. */
export function serialiseDocument(document: NotebookDocument): string {
  return jsonFile(document);
}

/** A file name that every system accepts. */
export function fileNameOf(title: string): string {
  const stem = title
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase()
    .slice(0, 80);
  return `${stem || 'notebook'}.verbena.json`;
}
