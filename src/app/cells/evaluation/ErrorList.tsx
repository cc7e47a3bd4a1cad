import { useVirtualizer } from '@tanstack/react-virtual';
import { Check, Minus, Plus } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import type { RowErrors } from '../../../core/metrics/errorBrowser.ts';
import { formatNumber } from '../../../notebook/format.ts';
import { useSession } from '../../hooks.ts';
import { textStore, wantTexts } from './texts.ts';
import type { EvaluationModel } from './model.ts';

/** Rows with their mistakes, virtual; texts are fetched as they come into view and shown as text, never as HTML. */
export function ErrorList(props: {
  readonly name: string;
  readonly rows: readonly RowErrors[];
  readonly model: EvaluationModel;
  /** Data the row numbers are about: texts are only shown while exactly that is open. */
  readonly dataHash: string;
  readonly maxHeight: number;
  readonly emptyText: string;
}) {
  const { name, rows, model, dataHash, maxHeight, emptyText } = props;
  const { rowIds } = model.evaluation;
  const scroller = useRef<HTMLDivElement>(null);
  const isOpen = useSession(({ corpus }) => corpus?.dataHash === dataHash);
  const texts = useStore(textStore);
  // oxlint-disable-next-line react/incompatible-library -- its result stays inside this component
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 76,
    getItemKey: (at) => (rows[at] as RowErrors).row,
    overscan: 6,
  });
  const items = virtual.getVirtualItems();
  const visible = items.map(({ index }) => rowIds[(rows[index] as RowErrors).row] as number);
  const key = visible.join(',');
  useEffect(() => {
    if (isOpen && key !== '') wantTexts(dataHash, key.split(',').map(Number));
  }, [isOpen, dataHash, key]);

  if (rows.length === 0) return <p className="table-empty quiet">{emptyText}</p>;
  return (
    <div
      ref={scroller}
      className="error-scroller"
      role="region"
      aria-label={name}
      tabIndex={0}
      style={{ maxHeight }}
    >
      <ol className="error-list" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const error = rows[index] as RowErrors;
          const row = rowIds[error.row] as number;
          const text = isOpen && texts.dataHash === dataHash ? texts.byRow.get(row) : undefined;
          return (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              aria-posinset={index + 1}
              aria-setsize={rows.length}
              className="error-row"
              style={{ transform: `translateY(${start}px)` }}
            >
              <p className="error-text">
                {text ?? (
                  <span className="quiet">
                    {isOpen ? 'Reading…' : `Row ${row} of data that is not open in this tab`}
                  </span>
                )}
              </p>
              <LabelChips error={error} model={model} />
              <p className="error-loss small quiet num">
                row {row}
                <br />
                loss {formatNumber(error.loss)}
              </p>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** What was found, missed and invented, each with a sign and a word. */
function LabelChips({ error, model }: { readonly error: RowErrors; readonly model: EvaluationModel }) {
  const { labels } = model.evaluation;
  const chance = (label: number) => formatNumber(model.evaluator.probability(error.row, label), 2);
  return (
    <ul className="verdicts">
      {error.missed.map((label) => (
        <li key={label} className="verdict verdict-missed" title="True, but not predicted">
          <Minus size={12} aria-hidden />
          missed {labels[label]} <span className="num quiet">{chance(label)}</span>
        </li>
      ))}
      {error.extra.map((label) => (
        <li key={label} className="verdict verdict-extra" title="Predicted, but not true">
          <Plus size={12} aria-hidden />
          wrongly {labels[label]} <span className="num quiet">{chance(label)}</span>
        </li>
      ))}
      {error.hits.map((label) => (
        <li key={label} className="verdict" title="True and predicted">
          <Check size={12} aria-hidden />
          {labels[label]} <span className="num quiet">{chance(label)}</span>
        </li>
      ))}
    </ul>
  );
}
