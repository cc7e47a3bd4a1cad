import type { LabelEdits } from '../../core/labels/edits.ts';
import type { PreparedLabels } from '../../core/labels/explorer.ts';
import type { LabelTable } from '../../core/labels/labelTable.ts';
import type { SplitReport } from '../../core/split/report.ts';
import type { Split, SplitFractions } from '../../core/split/split.ts';
import type { MultiLabelRows } from '../../core/split/stratify.ts';

export interface SplitRequest {
  readonly rows: MultiLabelRows;
  readonly fractions: SplitFractions;
  readonly seed: number;
  /** Group of each row: rows of one group stay in one part. Null: every row for itself. */
  readonly groups: Uint32Array | null;
}

/** Sums over whole corpora that would hold a frame up. They do not pause: a caller stops one by ending its worker. */
export interface AnalysisService {
  /** The labels that `prepare` works on from now on. */
  setTable(table: LabelTable): Promise<void>;
  /** Tables for a moving threshold; `edited.table` is null where it is the table given. Throws `label-merge-cycle`. */
  prepare(edits: LabelEdits): Promise<PreparedLabelsWire>;
  /** A stratified split and how even it is. Throws as `splitRows`. */
  split(request: SplitRequest): Promise<{ readonly split: Split; readonly report: SplitReport }>;
}

export type PreparedLabelsWire = Omit<PreparedLabels, 'edited'> & {
  readonly edited: { readonly table: LabelTable | null; readonly force: Int8Array };
};
