import { memo, useMemo } from 'react';
import { formatNumber } from '../../../notebook/format.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { bestColumn, metricRows, type MetricColumn, type MetricRow } from './model.ts';

/** Every score beside those of the models that do not read, and of the one that only counts words. */
export const MetricsTable = memo(function MetricsTable(props: {
  readonly columns: readonly MetricColumn[];
  readonly summary: string;
}) {
  const { columns, summary } = props;
  const tableColumns = useMemo(
    (): Column<MetricRow>[] => [
      {
        id: 'name',
        header: 'Metric',
        value: (row) => row.name,
        width: 'minmax(152px, 2fr)',
      },
      ...columns.map(({ id, title, report }, at): Column<MetricRow> => ({
        id,
        header: title,
        value: (row) => (report ? row.of(report) : null),
        width: 'minmax(96px, 1fr)',
        isNumber: true,
        render: (row) => <Score row={row} columns={columns} at={at} />,
      })),
    ],
    [columns],
  );
  return (
    <DataTable
      name="Metrics"
      summary={summary}
      rows={metricRows}
      columns={tableColumns}
      getKey={(row) => row.id}
      maxHeight={760}
    />
  );
});

function Score(props: {
  readonly row: MetricRow;
  readonly columns: readonly MetricColumn[];
  readonly at: number;
}) {
  const { row, columns, at } = props;
  const report = columns[at]?.report ?? null;
  const isBest = bestColumn(row, columns) === at;
  return (
    <span className={`score${isBest ? ' score-best' : ''}`}>
      {report ? formatNumber(row.of(report)) : '–'}
      {isBest && <span className="visually-hidden"> (best)</span>}
    </span>
  );
}
