import type { LabelStatistics } from '../../../core/labels/explorer.ts';
import { formatCount, plural } from '../../../notebook/format.ts';
import type { Plain } from '../../../notebook/plain.ts';
import type { CellOutcome } from '../../../notebook/runner.ts';

/** What stays of the label cell after a reload without the data. */
export type LabelsSummary = Omit<LabelStatistics, 'keptLabelIds'>;

export function labelsOutcome({ keptLabelIds: _ids, ...summary }: LabelStatistics): CellOutcome {
  return {
    headline: plural(summary.labelsKept, 'label'),
    summary: summary as unknown as Plain,
  };
}

/** `12,418 of 15,800 records keep at least one label.` */
export function labelsSentence({
  labelsKept,
  labelsTotal,
  recordsKept,
  recordsTotal,
}: LabelsSummary): string {
  return `${formatCount(labelsKept)} of ${plural(labelsTotal, 'label')} kept, standing on ${formatCount(recordsKept)} of ${plural(recordsTotal, 'record')}.`;
}
