import { useMemo } from 'react';
import { formatCount, formatNumber, plural } from '../../../notebook/format.ts';
import type { ClassificationReport } from '../../../core/incubator/classifier/evaluation.ts';
import type { ClassifierCard } from '../../../services/miner/contract.ts';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import type { RealReport } from './store.ts';

interface Row {
  readonly label: string;
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** What this class is taken for most, when it is not hit. */
  readonly mistaken: string;
}

const score = (value: number) => formatNumber(value, 3);

const columns: readonly Column<Row>[] = [
  { id: 'label', header: 'Class', value: ({ label }) => label, width: 'minmax(160px, 3fr)' },
  { id: 'support', header: 'Rows', value: ({ support }) => support, width: '88px' },
  {
    id: 'precision',
    header: 'Precision',
    value: ({ precision }) => precision,
    format: score,
    width: '104px',
  },
  { id: 'recall', header: 'Recall', value: ({ recall }) => recall, format: score, width: '96px' },
  { id: 'f1', header: 'F1', value: ({ f1 }) => f1, format: score, width: '88px' },
  {
    id: 'mistaken',
    header: 'Taken for',
    value: ({ mistaken }) => mistaken,
    width: 'minmax(160px, 2fr)',
  },
];

/** Scores a class, on real rows where there are any, else on the held-out objects. */
export function ClassTable(props: { readonly card: ClassifierCard; readonly real: RealReport | null }) {
  const { card, real } = props;
  const report = real?.report ?? card.heldOut;
  const rows = useMemo(() => (report ? rowsOf(report) : []), [report]);
  if (!report) return null;
  return (
    <DataTable
      name="Classes"
      summary={
        real
          ? `${plural(report.rows, 'real row')} of the open data`
          : `${plural(report.rows, 'held-out generated text')}, by a classifier that did not see their objects`
      }
      rows={rows}
      columns={columns}
      getKey={({ label }) => label}
      maxHeight={320}
    />
  );
}

function rowsOf({ perClass, confusion }: ClassificationReport): Row[] {
  const count = perClass.length;
  return perClass.map((scores, gold) => {
    let worst = -1;
    for (let k = 0; k < count; k++)
      if (
        k !== gold &&
        (confusion[gold * count + k] ?? 0) > (worst < 0 ? 0 : (confusion[gold * count + worst] ?? 0))
      )
        worst = k;
    const missed = worst < 0 ? 0 : (confusion[gold * count + worst] ?? 0);
    const mistaken = worst < 0 ? '–' : `${perClass[worst]?.label ?? ''} (${formatCount(missed)})`;
    return { ...scores, mistaken };
  });
}
