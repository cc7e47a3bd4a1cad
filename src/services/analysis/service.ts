import type { LabelEdits } from '../../core/labels/edits.ts';
import { prepareLabels } from '../../core/labels/explorer.ts';
import type { LabelTable } from '../../core/labels/labelTable.ts';
import { reportSplit } from '../../core/split/report.ts';
import { splitRows } from '../../core/split/split.ts';
import { compareModels } from '../../core/statistics/compare.ts';
import { transfer } from '../rpc.ts';
import type { AnalysisService, PreparedLabelsWire, SplitRequest } from './contract.ts';

/** The analysis service. Runs in workers/analysis.ts. */
export class Analysis implements AnalysisService {
  #table: LabelTable | null = null;

  async setTable(table: LabelTable): Promise<void> {
    this.#table = table;
  }

  async prepare(edits: LabelEdits): Promise<PreparedLabelsWire> {
    const table = this.#table;
    if (!table) throw new Error('prepare was called before setTable.');
    const prepared = prepareLabels(table, edits);
    const { edited, counts, ranks, distinct, records } = prepared;
    const isSame = edited.table === table;
    // What is large and made for this call alone is handed over; a table that was not merged stays here for the next.
    const handed = [counts, ranks.offsets, ranks.values, distinct, records];
    if (!isSame) handed.push(edited.table.rowOffsets, edited.table.labelIds);
    return transfer({ ...prepared, edited: { table: isSame ? null : edited.table, force: edited.force } }, [
      ...new Set(handed.map(({ buffer }) => buffer as ArrayBuffer)),
    ]);
  }

  async split({ rows, fractions, seed, groups, fold }: SplitRequest) {
    const split = splitRows(rows, { fractions, seed, groups, fold });
    return { split, report: reportSplit(rows, split, fractions) };
  }

  compare: AnalysisService['compare'] = (input, options, onProgress, signal) =>
    compareModels(input, { ...options, onProgress, signal });
}
