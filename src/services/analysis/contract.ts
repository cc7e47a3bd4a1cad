import type { Progress } from '../../base/progress.ts';
import type { LabelEdits } from '../../core/labels/edits.ts';
import type { PreparedLabels } from '../../core/labels/explorer.ts';
import type { LabelTable } from '../../core/labels/labelTable.ts';
import type { SplitReport } from '../../core/split/report.ts';
import type { Fold, Split, SplitFractions } from '../../core/split/split.ts';
import type { MultiLabelRows } from '../../core/split/stratify.ts';
import type { ComparisonInput, ComparisonOptions, ComparisonReport } from '../../core/statistics/compare.ts';

export interface SplitRequest {
  readonly rows: MultiLabelRows;
  readonly fractions: SplitFractions;
  readonly seed: number;
  /** Group of each row: rows of one group stay in one part. Null: every row for itself. */
  readonly groups: Uint32Array | null;
  /** The test part is this fold; `fractions` are then those of `foldFractions`. */
  readonly fold?: Fold | undefined;
}

/** Sums over whole corpora that would hold a frame up. But for `compare` they do not pause: a caller stops one by ending its worker. */
export interface AnalysisService {
  /** The labels that `prepare` works on from now on. */
  setTable(table: LabelTable): Promise<void>;
  /** Tables for a moving threshold; `edited.table` is null where it is the table given. Throws `label-merge-cycle`. */
  prepare(edits: LabelEdits): Promise<PreparedLabelsWire>;
  /** A stratified split and how even it is. Throws as `splitRows`. */
  split(request: SplitRequest): Promise<{ readonly split: Split; readonly report: SplitReport }>;
  /** Intervals and tests of several models on the same rows, as `compareModels`. Throws as it does, and `aborted`. */
  compare(
    input: ComparisonInput,
    options: Omit<ComparisonOptions, 'signal' | 'onProgress'>,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<ComparisonReport>;
}

export type PreparedLabelsWire = Omit<PreparedLabels, 'edited'> & {
  readonly edited: { readonly table: LabelTable | null; readonly force: Int8Array };
};
