import { Flag } from 'lucide-react';
import { memo, useCallback, useMemo } from 'react';
import { useStore } from 'zustand';
import type { DecisionThreshold, EvaluationReport } from '../../../core/metrics/types.ts';
import { auditF1 } from '../../../core/metrics/types.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { LabelErrors } from './ErrorBrowser.tsx';
import { evaluationStore } from './store.ts';
import { auditRows, type AuditRow, type EvaluationModel } from './model.ts';

const columns: readonly Column<AuditRow>[] = [
  { id: 'label', header: 'Label', value: (row) => row.label, width: 'minmax(140px, 3fr)' },
  { id: 'support', header: 'Support', value: (row) => row.support, width: '72px' },
  { id: 'predicted', header: 'Predicted', value: (row) => row.predicted, width: '82px' },
  {
    id: 'precision',
    header: 'Precision',
    value: (row) => row.precision,
    format: formatNumber,
    width: '80px',
  },
  { id: 'recall', header: 'Recall', value: (row) => row.recall, format: formatNumber, width: '66px' },
  {
    id: 'f1',
    header: 'F1',
    value: (row) => row.f1,
    width: '124px',
    isNumber: true,
    render: (row) => <F1 row={row} />,
  },
  {
    id: 'averagePrecision',
    header: 'Avg. precision',
    value: (row) => row.averagePrecision,
    format: formatNumber,
    width: '108px',
  },
  {
    id: 'threshold',
    header: 'Threshold',
    value: (row) => row.threshold,
    format: (value) => formatNumber(value, 2),
    width: '84px',
  },
];

function F1({ row: { f1, flagged } }: { readonly row: AuditRow }) {
  return (
    <span className={`score${flagged ? ' score-flagged' : ''}`}>
      {flagged && (
        <>
          <Flag size={12} aria-hidden />
          <span className="visually-hidden">flagged: </span>
        </>
      )}
      {formatNumber(f1)}
      <span className="score-bar" aria-hidden>
        <span style={{ width: `${f1 * 100}%` }} />
      </span>
    </span>
  );
}

/** One row a label; those with F1 below 0.7 are flagged. A row opens its mistakes in place. */
export const AuditTable = memo(function AuditTable(props: {
  readonly model: EvaluationModel;
  readonly report: EvaluationReport;
  readonly threshold: DecisionThreshold;
  readonly dataHash: string;
}) {
  const { model, report, threshold, dataHash } = props;
  const rows = useMemo(() => auditRows(report, model.evaluator.ranking().averagePrecision), [report, model]);
  const asked = useStore(evaluationStore, (state) => state.auditQuery);
  const flagged = rows.filter((row) => row.flagged).length;
  const detail = useCallback(
    (row: AuditRow) => (
      <LabelErrors model={model} threshold={threshold} label={row.labelId} dataHash={dataHash} />
    ),
    [model, threshold, dataHash],
  );
  return (
    <DataTable
      name="Label audit"
      summary={`${flagged} of ${plural(rows.length, 'label')} flagged: F1 below ${auditF1} · a row opens its mistakes`}
      rows={rows}
      columns={columns}
      getKey={(row) => row.labelId}
      initialSort={{ column: 'f1', direction: 'ascending' }}
      searchable
      asked={asked}
      maxHeight={560}
      detail={detail}
    />
  );
});
