import { useCallback, useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { nearestConfusions, type ConfusedPair } from '../../../../core/calibration/confusions.ts';
import type { DecisionThreshold } from '../../../../core/metrics/types.ts';
import { formatNumber, formatPercent } from '../../../../notebook/format.ts';
import { useSession } from '../../../hooks.ts';
import { DataTable, type Column } from '../../../ui/DataTable.tsx';
import type { LoadedEvaluation } from '../store.ts';
import { textStore, wantTexts } from '../texts.ts';

const examples = 4;

/** Pairs of labels that stand in for each other, with texts where that happens. */
export function Confusions(props: {
  readonly loaded: LoadedEvaluation;
  readonly threshold: DecisionThreshold;
}) {
  const { loaded, threshold } = props;
  const { labels } = loaded.run;
  const pairs = useMemo(
    () => nearestConfusions(loaded.model.evaluator, threshold, { limit: 30, rowsEach: examples }),
    [loaded.model, threshold],
  );
  const columns = useMemo((): Column<ConfusedPair>[] => {
    const name = (label: number) => labels[label] ?? '';
    const share = (value: number) => formatPercent(value);
    return [
      { id: 'first', header: 'Label', value: (pair) => name(pair.first), width: 'minmax(120px, 2fr)' },
      { id: 'second', header: 'and', value: (pair) => name(pair.second), width: 'minmax(120px, 2fr)' },
      { id: 'there', header: '→', value: (pair) => pair.firstAsSecond, width: '56px' },
      { id: 'back', header: '←', value: (pair) => pair.secondAsFirst, width: '56px' },
      {
        id: 'shareThere',
        header: 'of misses →',
        value: (pair) => pair.shareOfFirst,
        format: share,
        width: '96px',
      },
      {
        id: 'shareBack',
        header: 'of misses ←',
        value: (pair) => pair.shareOfSecond,
        format: share,
        width: '96px',
      },
    ];
  }, [labels]);
  const detail = useCallback((pair: ConfusedPair) => <Texts pair={pair} loaded={loaded} />, [loaded]);
  return (
    <DataTable
      name="Nearest confusions"
      summary="Rows where one label was missed and the other predicted instead; both ways first · a row opens its texts"
      rows={pairs}
      columns={columns}
      getKey={(pair) => `${pair.first}/${pair.second}`}
      maxHeight={420}
      emptyText="No label is predicted in place of another at this threshold."
      detail={detail}
    />
  );
}

function Texts({ pair, loaded }: { readonly pair: ConfusedPair; readonly loaded: LoadedEvaluation }) {
  const { model, run } = loaded;
  const { dataHash } = run;
  const isOpen = useSession(({ corpus }) => corpus?.dataHash === dataHash);
  const texts = useStore(textStore);
  const { rowIds } = model.evaluation;
  useEffect(() => {
    if (!isOpen) return;
    const rows = [...pair.firstAsSecondRows, ...pair.secondAsFirstRows];
    wantTexts(
      dataHash,
      rows.map((row) => rowIds[row] as number),
    );
  }, [isOpen, dataHash, pair, rowIds]);
  const direction = (from: number, to: number, rows: readonly number[]) =>
    rows.length > 0 && (
      <div className="stack">
        <p className="small">
          <strong>{run.labels[from]}</strong> taken for <strong>{run.labels[to]}</strong>
        </p>
        <ul className="suspect-issues">
          {rows.map((row) => {
            const id = rowIds[row] as number;
            const chance = (label: number) => formatNumber(model.evaluator.probability(row, label), 2);
            return (
              <li key={row}>
                {(isOpen && texts.dataHash === dataHash && texts.byRow.get(id)) ||
                  (isOpen ? 'Reading…' : `Row ${id} of data that is not open in this tab`)}{' '}
                <span className="small quiet num">
                  {chance(from)} against {chance(to)}
                </span>
              </li>
            );
          })}
        </ul>
      </div>
    );
  return (
    <div className="stack">
      {direction(pair.first, pair.second, pair.firstAsSecondRows)}
      {direction(pair.second, pair.first, pair.secondAsFirstRows)}
    </div>
  );
}
