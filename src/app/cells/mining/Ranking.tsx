import { useVirtualizer } from '@tanstack/react-virtual';
import { Check, FileDown, Undo2, X } from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { formatCount, formatNumber, formatPercent, plural } from '../../../notebook/format.ts';
import { saveFile } from '../../files.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { Output } from '../../ui/Output.tsx';
import { csvOf, headerOf, jsonlOf, rowsOf, type MinedRow } from './exported.ts';
import { judge, judgedPrecision, takeBack, type Marks } from './judging.ts';
import type { Shown } from './store.ts';

const rowHeight = 64;

/**
 * The best texts with what speaks for each. With the keyboard: arrows (or j and k) walk, y and n judge and go on, u takes the last judgement back.
 */
export function Ranking(props: {
  readonly shown: Shown;
  readonly marks: Marks;
  readonly colorOf: (name: string) => string;
}) {
  const { shown, marks, colorOf } = props;
  const { ranking, dataHash, canonical } = shown;
  const [at, setAt] = useState(0);
  const [lastFormula, setLastFormula] = useState(canonical);
  if (canonical !== lastFormula) {
    setLastFormula(canonical);
    setAt(0);
  }
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsOf(shown, marks), [shown, marks]);
  // oxlint-disable-next-line react/incompatible-library -- its functions are called in this render only, and passed to no one
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
  });
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [canonical]);

  const go = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to));
    setAt(next);
    virtual.scrollToIndex(next, { align: 'auto' });
  };
  const mark = (right: boolean) => {
    const row = ranking.rows[at];
    if (row === undefined) return;
    judge(dataHash, canonical, row, right);
    go(at + 1);
  };
  const undo = () => {
    const row = takeBack(dataHash, canonical);
    const back = row === null ? -1 : ranking.rows.indexOf(row);
    if (back >= 0) go(back);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 1);
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => go(at + 1),
      j: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      k: () => go(at - 1),
      PageDown: () => go(at + page),
      PageUp: () => go(at - page),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      y: () => mark(true),
      n: () => mark(false),
      u: undo,
      Backspace: undo,
    };
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  const precision = judgedPrecision(ranking.rows, marks);
  const said =
    precision.length > 0
      ? precision
          .map(({ k, relevant, judged }) => `P@${k} ${formatNumber(relevant / judged, 2)} (${judged} judged)`)
          .join(' · ')
      : 'Judge with y and n; arrows walk, u takes back.';
  const stem = 'mined-texts';
  return (
    <Output
      name="Ranking"
      summary={
        <>
          {`The best ${plural(rows.length, 'text')}; ${formatCount(ranking.above)} of all score 0.5 or more. `}
          <span role="status" aria-live="polite" data-testid="judged">
            {said}
          </span>
        </>
      }
      tools={
        <Button icon={Undo2} variant="quiet" isDisabled={marks.size === 0} onPress={undo} tip="u">
          Take back
        </Button>
      }
      actions={[
        {
          id: 'csv',
          label: 'Save as CSV',
          icon: FileDown,
          run: () => saveFile(csvOf(shown, rows), `${stem}.csv`, 'text/csv'),
        },
        {
          id: 'jsonl',
          label: 'Save as JSONL',
          icon: FileDown,
          run: () => saveFile(jsonlOf(shown, rows), `${stem}.jsonl`, 'application/jsonl'),
        },
      ]}
      exports={{
        table: () => ({ header: headerOf(shown), rows: rows.slice(0, 100).map((row) => cellsOf(row)) }),
      }}
    >
      <div
        ref={scroller}
        className="mined"
        role="grid"
        aria-label="Texts by score"
        aria-rowcount={rows.length}
        aria-activedescendant={rows.length > 0 ? `mined-${at}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div className="mined-body" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <div
                key={index}
                id={`mined-${index}`}
                role="row"
                aria-rowindex={index + 1}
                aria-selected={index === at}
                className={`mined-row${index === at ? ' mined-current' : ''}`}
                style={{ transform: `translateY(${start}px)`, height: rowHeight }}
                onClick={() => setAt(index)}
              >
                <Line row={row} names={shown.names} colorOf={colorOf} />
                <span role="gridcell" className="mined-judge">
                  <IconButton
                    icon={Check}
                    label="Right (y)"
                    isPressed={row.judged === true}
                    onPress={() => judge(dataHash, canonical, row.row, row.judged === true ? null : true)}
                  />
                  <IconButton
                    icon={X}
                    label="Wrong (n)"
                    isPressed={row.judged === false}
                    onPress={() => judge(dataHash, canonical, row.row, row.judged === false ? null : false)}
                  />
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </Output>
  );
}

function Line(props: {
  readonly row: MinedRow;
  readonly names: readonly string[];
  readonly colorOf: (name: string) => string;
}) {
  const { row, names, colorOf } = props;
  return (
    <>
      <span role="gridcell" className="mined-rank num quiet">
        {row.rank}
      </span>
      <span role="gridcell" className="mined-score num">
        {formatNumber(row.score, 3)}
      </span>
      <span role="gridcell" className="mined-text" title={row.text}>
        {row.text}
      </span>
      <span role="gridcell" className="mined-evidence">
        {names.slice(0, 3).map((name, i) => (
          <span
            key={name}
            className="evidence-line"
            title={`${name}: ${formatPercent(row.evidence[i] ?? 0, 1)}`}
          >
            <span className="evidence-name">{name}</span>
            <span className="evidence-track" aria-hidden>
              <span
                className="evidence-bar"
                style={{ width: `${(100 * (row.evidence[i] ?? 0)).toFixed(1)}%`, background: colorOf(name) }}
              />
            </span>
            <span className="num small">{formatNumber(row.evidence[i] ?? 0, 2)}</span>
          </span>
        ))}
        {names.length > 3 && (
          <span
            className="small quiet"
            title={names.map((name, i) => `${name}: ${formatPercent(row.evidence[i] ?? 0, 1)}`).join('\n')}
          >
            +{names.length - 3} more
          </span>
        )}
      </span>
      <span role="gridcell" className="mined-gold small quiet">
        {row.gold !== null && (
          <>label {row.gold ? <Check size={14} aria-label="right" /> : <X size={14} aria-label="wrong" />}</>
        )}
      </span>
    </>
  );
}

const cellsOf = (row: MinedRow) => [
  row.rank,
  row.row,
  row.score,
  row.text,
  ...row.evidence,
  row.judged === null ? '' : row.judged ? 'right' : 'wrong',
  row.gold === null ? '' : row.gold ? 'right' : 'wrong',
];
