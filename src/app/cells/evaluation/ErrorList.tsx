import { useVirtualizer } from '@tanstack/react-virtual';
import { Check, Minus, Plus } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useStore } from 'zustand';
import type { RankedErrors, RowErrors } from '../../../core/metrics/errorBrowser.ts';
import { formatCount, formatNumber } from '../../../notebook/format.ts';
import { useSession } from '../../hooks.ts';
import { textStore, wantTexts } from './texts.ts';
import type { EvaluationModel } from './model.ts';

/** Rows with their mistakes, virtual; texts are fetched as they come into view and shown as text, never as HTML. */
export function ErrorList(props: {
  readonly name: string;
  readonly errors: RankedErrors;
  readonly model: EvaluationModel;
  /** Data the row numbers are about: texts are only shown while exactly that is open. */
  readonly dataHash: string;
  readonly maxHeight: number;
  readonly emptyText: string;
}) {
  const { name, errors, model, dataHash, maxHeight, emptyText } = props;
  const { rowIds } = model.evaluation;
  const scroller = useRef<HTMLDivElement>(null);
  const isOpen = useSession(({ corpus }) => corpus?.dataHash === dataHash);
  const texts = useStore(textStore);
  // oxlint-disable-next-line react/incompatible-library -- its result stays inside this component
  const virtual = useVirtualizer({
    count: errors.total,
    getScrollElement: () => scroller.current,
    estimateSize: () => 76,
    getItemKey: (at) => errors.row(at),
    overscan: 6,
  });
  const items = virtual.getVirtualItems();
  const visible = items.map(({ index }) => rowIds[errors.row(index)] as number);
  const key = visible.join(',');
  useEffect(() => {
    if (isOpen && key !== '') wantTexts(dataHash, key.split(',').map(Number));
  }, [isOpen, dataHash, key]);

  if (errors.total === 0) return <p className="table-empty quiet">{emptyText}</p>;
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
          const error = errors.at(index);
          const row = rowIds[error.row] as number;
          const text = isOpen && texts.dataHash === dataHash ? texts.byRow.get(row) : undefined;
          return (
            <li
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              aria-posinset={index + 1}
              aria-setsize={errors.total}
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
                row {formatCount(row)}
                <br />
                {model.lossName} {formatNumber(error.loss)}
              </p>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** At a low threshold a row is given most labels: the surest ones say enough, and the CSV has them all. */
const shownChips = 8;

/** What was found, missed and invented, each with a sign and a word. */
function LabelChips({ error, model }: { readonly error: RowErrors; readonly model: EvaluationModel }) {
  const { labels } = model.evaluation;
  const probability = (label: number) => model.evaluator.probability(error.row, label);
  const chance = (label: number) => formatNumber(probability(label), 2);
  const extra =
    error.extra.length <= shownChips
      ? error.extra
      : error.extra.toSorted((a, b) => probability(b) - probability(a)).slice(0, shownChips);
  const left = error.extra.length - extra.length;
  return (
    <ul className="verdicts">
      {error.missed.map((label) => (
        <li key={label} className="verdict verdict-missed" title="True, but not predicted">
          <Minus size={12} aria-hidden />
          missed {labels[label]} <span className="num quiet">{chance(label)}</span>
        </li>
      ))}
      {extra.map((label) => (
        <li key={label} className="verdict verdict-extra" title="Predicted, but not true">
          <Plus size={12} aria-hidden />
          wrongly {labels[label]} <span className="num quiet">{chance(label)}</span>
        </li>
      ))}
      {left > 0 && <li className="verdict verdict-extra num">and {formatCount(left)} more</li>}
      {error.hits.map((label) => (
        <li key={label} className="verdict" title="True and predicted">
          <Check size={12} aria-hidden />
          {labels[label]} <span className="num quiet">{chance(label)}</span>
        </li>
      ))}
    </ul>
  );
}
