import { browseErrors, type ErrorQuery, type RowErrors } from '../../../core/metrics/errorBrowser.ts';
import type { DecisionThreshold } from '../../../core/metrics/types.ts';
import { toCsv } from '../../csv.ts';
import { saveFile } from '../../files.ts';
import type { ExportedTable } from '../../report/outputs.ts';
import { corpusService } from '../../services.ts';
import type { EvaluationModel } from './model.ts';

export type ErrorKind = 'any' | 'missed' | 'extra';

/** Rows with mistakes, worst first. With a label: those that missed it, predicted it wrongly, or either. */
export function findErrors(
  model: EvaluationModel,
  threshold: DecisionThreshold,
  kind: ErrorKind,
  label: number | null,
  by: ErrorQuery['by'],
): readonly RowErrors[] {
  const ask = (filter: Pick<ErrorQuery, 'missed' | 'extra'>) =>
    browseErrors(model.evaluator, threshold, { by, offset: 0, limit: Infinity, ...filter }).rows;
  if (label !== null && kind === 'any') {
    // A row can miss a label or invent it, never both: the two lists are disjoint.
    const both = [...ask({ missed: label }), ...ask({ extra: label })];
    return both.sort((a, b) => (by === 'loss' ? b.loss - a.loss : b.wrong - a.wrong) || a.row - b.row);
  }
  if (label !== null) return ask(kind === 'missed' ? { missed: label } : { extra: label });
  const all = ask({});
  if (kind === 'any') return all;
  return all.filter((row) => (kind === 'missed' ? row.missed.length > 0 : row.extra.length > 0));
}

/** Texts asked of the corpus worker at once. */
const textsAtOnce = 2000;

/** The listed rows with texts, true and predicted labels. Texts stay empty where `withTexts` is false. */
export async function errorTable(
  rows: readonly RowErrors[],
  model: EvaluationModel,
  withTexts: boolean,
): Promise<ExportedTable> {
  const { rowIds, labels } = model.evaluation;
  const texts: string[] = [];
  const readable = withTexts ? rows.length : 0;
  for (let start = 0; start < readable; start += textsAtOnce) {
    const batch = rows.slice(start, start + textsAtOnce).map(({ row }) => rowIds[row] as number);
    for (const text of await corpusService().texts(Uint32Array.from(batch))) texts.push(text);
  }
  const names = (ids: readonly number[]) => ids.map((id) => labels[id]).join('; ');
  return {
    header: [
      'row',
      'loss',
      'wrong',
      'text',
      'true labels',
      'predicted labels',
      'missed',
      'wrongly predicted',
    ],
    rows: rows.map(({ row, loss, wrong, hits, missed, extra }, at) => [
      rowIds[row],
      loss,
      wrong,
      texts[at] ?? '',
      names([...hits, ...missed].sort((a, b) => a - b)),
      names([...hits, ...extra].sort((a, b) => a - b)),
      names(missed),
      names(extra),
    ]),
  };
}

export async function saveErrorsCsv(
  rows: readonly RowErrors[],
  model: EvaluationModel,
  withTexts: boolean,
): Promise<void> {
  const table = await errorTable(rows, model, withTexts);
  saveFile(toCsv(table.header, table.rows), 'errors.csv', 'text/csv');
}
