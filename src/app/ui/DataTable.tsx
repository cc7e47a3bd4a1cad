import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp, ChevronRight } from 'lucide-react';
import { memo, useDeferredValue, useRef, useState, type ReactNode } from 'react';
import { formatCount, formatNumber } from '../../notebook/format.ts';
import { SearchField } from './fields.tsx';
import { Output } from './Output.tsx';
import { useCsvActions, useFound, useNumeric, useOrdered, type Column, type Sort } from './tableRows.ts';
import { Term } from './Tip.tsx';
import './table.css';

export type { Column } from './tableRows.ts';

export interface DataTableProps<Row> {
  readonly name: string;
  readonly summary?: ReactNode;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** Index by default. */
  readonly getKey?: (row: Row) => string | number;
  readonly initialSort?: Sort;
  /** Shows a search field over the text columns. */
  readonly searchable?: boolean;
  /** What is searched for from outside; taken over whenever it is another object. */
  readonly asked?: { readonly text: string } | null;
  readonly maxHeight?: number;
  /** Opened in place, under the row that was pressed. */
  readonly detail?: (row: Row) => ReactNode;
  readonly rowTone?: (row: Row) => 'quiet' | 'warn' | undefined;
  readonly tools?: ReactNode;
  /** Replaces the CSV made from the rows, where the rows are only the first of many. */
  readonly onSaveCsv?: () => void;
  readonly emptyText?: string;
  /** Without heading and menu. */
  readonly bare?: boolean;
}

const rowHeight = 36;

/** A virtual table: sortable by any column, searchable, exportable, with details in place. Fine with 100,000 rows. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const {
    name,
    rows,
    columns,
    getKey,
    detail,
    rowTone,
    maxHeight = 412,
    emptyText = 'Nothing to show.',
  } = props;
  const [sort, setSort] = useState(props.initialSort ?? null);
  const { asked = null } = props;
  const [query, setQuery] = useState(asked?.text ?? '');
  const [lastAsked, setLastAsked] = useState(asked);
  if (asked !== lastAsked) {
    setLastAsked(asked);
    if (asked) setQuery(asked.text);
  }
  const [openKey, setOpenKey] = useState<string | number | null>(null);
  const wanted = useDeferredValue(query.trim().toLowerCase());
  const scroller = useRef<HTMLDivElement>(null);

  const found = useFound(rows, columns, wanted);
  const ordered = useOrdered(found, columns, sort);
  const keyOf = (row: Row, at: number) => (getKey ? getKey(row) : at);
  // oxlint-disable-next-line react/incompatible-library -- its functions are called in this render only, and passed to no one
  const virtual = useVirtualizer({
    count: ordered.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (at) => keyOf(ordered[at] as Row, at),
    overscan: 8,
  });

  const sortBy = (column: Column<Row>) => {
    setSort((now) => {
      if (now?.column === column.id)
        return { column: column.id, direction: now.direction === 'ascending' ? 'descending' : 'ascending' };
      const sample = rows[0];
      const isNumber = sample !== undefined && typeof column.value(sample) === 'number';
      return { column: column.id, direction: isNumber ? 'descending' : 'ascending' };
    });
    scroller.current?.scrollTo({ top: 0 });
  };

  const table = () => {
    const kept = columns.filter(({ isControl }) => !isControl);
    return {
      header: kept.map(({ header }) => header),
      rows: ordered.map((row) => kept.map(({ value }) => value(row))),
    };
  };
  const actions = useCsvActions(name, table, props.onSaveCsv);
  const isNumeric = useNumeric(rows, columns);
  const template = `${detail ? '32px ' : ''}${columns.map(({ id, width }) => width ?? (isNumeric.has(id) ? 'minmax(72px, 1fr)' : 'minmax(140px, 3fr)')).join(' ')}`;

  const body = (
    <div
      ref={scroller}
      className="table-scroller"
      role="group"
      aria-label={`${name}, rows`}
      // Keyboards scroll what can be focused.
      tabIndex={0}
      style={{ maxHeight }}
    >
      <div role="table" aria-label={name} aria-rowcount={ordered.length + 1} className="table">
        <Head
          columns={columns}
          sort={sort}
          sortBy={sortBy}
          isNumeric={isNumeric}
          template={template}
          hasDetails={detail !== undefined}
        />
        <div role="rowgroup" className="table-body" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const row = ordered[index] as Row;
            const isOpen = detail !== undefined && openKey === key;
            return (
              <div
                // By place: a new order moves words between lines that stand, and measures nothing.
                key={index}
                ref={virtual.measureElement}
                data-index={index}
                className="table-row"
                style={{ transform: `translateY(${start}px)` }}
              >
                <Line
                  row={row}
                  rowKey={key as string | number}
                  index={index}
                  columns={columns as readonly Column<unknown>[]}
                  isNumeric={isNumeric}
                  template={template}
                  tone={rowTone?.(row)}
                  isOpen={detail ? isOpen : null}
                  onToggle={setOpenKey}
                />
                {isOpen && (
                  <div key={key} role="row" className="table-detail">
                    <div role="cell" aria-colspan={columns.length + 1}>
                      {detail(row)}
                    </div>
                  </div>
                )}
              </div>
            );
          })}
        </div>
        {ordered.length === 0 && (
          <p className="table-empty quiet">
            {wanted === '' ? emptyText : `Nothing matches “${query.trim()}”.`}
          </p>
        )}
      </div>
    </div>
  );
  if (props.bare) return body;

  return (
    <Output
      name={name}
      exports={{ table }}
      summary={
        wanted === '' ? props.summary : `${formatCount(found.length)} of ${formatCount(rows.length)} match`
      }
      tools={
        <>
          {props.tools}
          {props.searchable && (
            <SearchField
              label={`Search ${name.toLowerCase()}`}
              placeholder="Search"
              value={query}
              onChange={setQuery}
              width={200}
            />
          )}
        </>
      }
      actions={actions}
    >
      {body}
    </Output>
  );
}

function Head<Row>(props: {
  readonly columns: readonly Column<Row>[];
  readonly sort: Sort | null;
  readonly sortBy: (column: Column<Row>) => void;
  readonly isNumeric: ReadonlySet<string>;
  readonly template: string;
  readonly hasDetails: boolean;
}) {
  const { columns, sort, sortBy, isNumeric, template, hasDetails } = props;
  return (
    <div role="rowgroup" className="table-head">
      <div role="row" aria-rowindex={1} className="table-line" style={{ gridTemplateColumns: template }}>
        {hasDetails && (
          <span role="columnheader">
            <span className="visually-hidden">Details</span>
          </span>
        )}
        {columns.map((column) => {
          const direction = sort?.column === column.id ? sort.direction : null;
          const Arrow = direction === 'ascending' ? ArrowUp : ArrowDown;
          return (
            <span
              key={column.id}
              role="columnheader"
              aria-sort={direction ?? (column.isControl ? undefined : 'none')}
              className={isNumeric.has(column.id) ? 'table-number' : ''}
            >
              {column.isControl ? (
                <span className="small quiet">{column.header}</span>
              ) : (
                <button type="button" className="table-sort" onClick={() => sortBy(column)}>
                  {column.header}
                  <Arrow size={12} aria-hidden className={direction ? '' : 'table-unsorted'} />
                </button>
              )}
              {column.term && <Term of={column.term}>?</Term>}
            </span>
          );
        })}
      </div>
    </div>
  );
}

/** The first text of a row, to tell its buttons from those of other rows. */
function nameOf<Row>(row: Row, columns: readonly Column<Row>[]): string {
  for (const { value } of columns) {
    const text = value(row);
    if (typeof text === 'string') return `: ${text}`;
  }
  return '';
}

function isControlTarget(target: EventTarget): boolean {
  return target instanceof Element && target.closest('button, a, input, label') !== null;
}

interface LineProps {
  readonly row: unknown;
  readonly rowKey: string | number;
  readonly index: number;
  readonly columns: readonly Column<unknown>[];
  readonly isNumeric: ReadonlySet<string>;
  readonly template: string;
  readonly tone: 'quiet' | 'warn' | undefined;
  /** Null: this table has no details. */
  readonly isOpen: boolean | null;
  readonly onToggle: (key: string | number | null) => void;
}

/** One row. Kept while its row and the columns stay the same: a slider redraws a page of tables sixty times a second. */
const Line = memo(function Line(props: LineProps) {
  const { row, rowKey, index, columns, isNumeric, template, tone, isOpen, onToggle } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`table-line ${tone ? `table-${tone}` : ''} ${isOpen === null ? '' : 'table-opens'}`}
      style={{ gridTemplateColumns: template }}
      // The whole row is the target; the button at its start is what keyboards and screen readers use.
      onClick={(event) => {
        if (isOpen !== null && !isControlTarget(event.target)) onToggle(isOpen ? null : rowKey);
      }}
    >
      {isOpen !== null && (
        <span role="cell">
          <button
            type="button"
            className="table-open"
            aria-expanded={isOpen}
            aria-label={`Details${nameOf(row, columns)}`}
            onClick={() => onToggle(isOpen ? null : rowKey)}
          >
            <ChevronRight size={14} aria-hidden />
          </button>
        </span>
      )}
      {columns.map(({ id, value, render, format }) => {
        const shown = value(row);
        return (
          <span
            role="cell"
            key={id}
            className={isNumeric.has(id) ? 'table-number' : 'table-text'}
            title={!render && typeof shown === 'string' ? shown : undefined}
          >
            {render
              ? render(row)
              : typeof shown === 'number'
                ? (format ?? defaultFormat)(shown)
                : (shown ?? '–')}
          </span>
        );
      })}
    </div>
  );
});

function defaultFormat(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : formatNumber(value);
}
