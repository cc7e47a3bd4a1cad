import { rankErrors, type ErrorFilter, type RankedErrors } from '../../../core/metrics/errorBrowser.ts';
import type { DecisionThreshold } from '../../../core/metrics/types.ts';
import { toCsv } from '../../../base/csv.ts';
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
  by: ErrorFilter['by'],
): RankedErrors {
  const filter =
    label === null ? (kind === 'any' ? {} : { kind }) : { [kind === 'any' ? 'wrongAt' : kind]: label };
  return rankErrors(model.evaluator, threshold, { by, losses: model.rowLosses(), ...filter });
}

/** Texts asked of the corpus worker at once. */
const textsAtOnce = 2000;

/** The worst `limit` rows with texts, true and predicted labels. Texts stay empty where `withTexts` is false. */
export async function errorTable(
  errors: RankedErrors,
  model: EvaluationModel,
  withTexts: boolean,
  limit = Number.POSITIVE_INFINITY,
): Promise<ExportedTable> {
  const { rowIds, labels } = model.evaluation;
  const rows = Array.from({ length: Math.min(limit, errors.total) }, (_, place) => errors.at(place));
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
      model.lossName,
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
  errors: RankedErrors,
  model: EvaluationModel,
  withTexts: boolean,
): Promise<void> {
  const table = await errorTable(errors, model, withTexts);
  saveFile(toCsv(table.header, table.rows), 'errors.csv', 'text/csv');
}
