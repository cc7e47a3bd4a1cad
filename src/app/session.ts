import { createStore } from 'zustand/vanilla';
import type { Progress } from '../base/progress.ts';
import type { LabelTable } from '../core/labels/labelTable.ts';
import type { SelectedLabels } from '../core/labels/selection.ts';
import type { Split } from '../core/split/split.ts';
import type { SplitReport } from '../core/split/report.ts';
import type { CorpusSummary, SkippedFile, SniffedFile } from '../services/corpus/contract.ts';
import type { TokenTable } from '../services/text/contract.ts';
import type { DeviceReport } from '../services/trainer/contract.ts';

/**
 * Values too large or too bound to this tab to be saved: what cells hand on to the cells below them. Null: not made
 * in this tab yet. Each is only as fresh as its cell's status says.
 */
export interface Session {
  /** Files that were dropped and wait to be indexed; `mappings` as the user left them. */
  readonly incoming: {
    readonly kind: 'sample' | 'files';
    readonly files: readonly File[];
    /** One for each of `files`; a zip archive stands in `files` once for each member. */
    readonly sniffed: readonly SniffedFile[];
    /** Files that were dropped along and cannot be read. */
    readonly skipped: readonly SkippedFile[];
    readonly skippedCount: number;
    /** Levels of topics above a label that become labels; 0 for none. */
    readonly topicDepth: number;
  } | null;
  /** What the open corpus was read from, for another choice of columns; null after a reload. */
  readonly opened: Session['incoming'];
  /** Files that are being looked into. */
  readonly looking: { readonly progress: Progress | null; readonly stop: () => void } | null;
  /** The corpus open in the corpus worker. */
  readonly corpus: CorpusSummary | null;
  readonly labelTable: LabelTable | null;
  /** Kept labels and rows (Algorithm 1) at the moment of the split. */
  readonly selection: SelectedLabels | null;
  /** Positions into `selection.rowIds`, and so into the token table's rows. */
  readonly split: Split | null;
  readonly splitReport: SplitReport | null;
  readonly tokens: TokenTable | null;
  /** A dropped model folder, for `ModelChoice` of kind `files`. */
  readonly modelFiles: readonly File[] | null;
  readonly device: DeviceReport | null;
  /** The notebook that was opened has data, whose kept copy is still looked for. */
  readonly restoring: boolean;
}

const emptySession: Session = {
  incoming: null,
  opened: null,
  looking: null,
  corpus: null,
  labelTable: null,
  selection: null,
  split: null,
  splitReport: null,
  tokens: null,
  modelFiles: null,
  device: null,
  restoring: false,
};

export const session = createStore<Session>(() => emptySession);

/** New data: everything made from the old is gone, the device and a dropped model stay. */
export function resetSession(): void {
  const { device, modelFiles } = session.getState();
  session.setState({ ...emptySession, device, modelFiles }, true);
}
