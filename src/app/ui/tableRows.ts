import { ClipboardCopy, FileDown } from 'lucide-react';
import { useEffect, useMemo, useRef, type ReactNode } from 'react';
import { toCsv } from '../../base/csv.ts';
import { copyText, fileStem, saveFile } from '../files.ts';
import type { GlossaryTerm } from '../glossary.ts';
import { toast } from '../toasts.ts';

// What a table shows of its rows, apart from how it is drawn.

export type CellValue = string | number | null;

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly term?: GlossaryTerm;
  /** Sorted by, searched in (text) and exported. */
  readonly value: (row: Row) => CellValue;
  /** Shown instead of the value. */
  readonly render?: (row: Row) => ReactNode;
  readonly format?: (value: number) => string;
  /** A grid track, e.g. `minmax(160px, 2fr)` or `96px`. */
  readonly width?: string;
  /** Set right under a header that is set right, though `render` draws it. */
  readonly isNumber?: boolean;
  /** Left out of the CSV: buttons and switches. */
  readonly isControl?: boolean;
}

export interface Sort {
  readonly column: string;
  readonly direction: 'ascending' | 'descending';
}

/** Rows with the words that are looked for in a column of text. */
export function useFound<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  wanted: string,
): readonly Row[] {
  return useMemo(() => {
    if (wanted === '') return rows;
    return rows.filter((row) =>
      columns.some(({ value }) => {
        const text = value(row);
        return typeof text === 'string' && text.toLowerCase().includes(wanted);
      }),
    );
  }, [rows, columns, wanted]);
}

export function useOrdered<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort | null,
): readonly Row[] {
  return useMemo(() => {
    const column = sort && columns.find(({ id }) => id === sort.column);
    if (!column) return rows;
    const sign = sort.direction === 'ascending' ? 1 : -1;
    return [...rows].sort((a, b) => compare(column.value(a), column.value(b), sign));
  }, [rows, columns, sort]);
}

/** Columns that are set right. */
export function useNumeric<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): ReadonlySet<string> {
  return useMemo(() => {
    const sample = rows.slice(0, 20);
    return new Set(
      columns
        .filter(
          ({ value, render, isControl, isNumber: isSet }) =>
            isSet ?? (!isControl && !render && sample.some((row) => typeof value(row) === 'number')),
        )
        .map(({ id }) => id),
    );
  }, [rows, columns]);
}

interface CsvTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly CellValue[])[];
}

/** Saves and copies what the table shows. */
export function useCsvActions(name: string, table: () => CsvTable, onSaveCsv: (() => void) | undefined) {
  // Looked up when an action is chosen, so that the menu stays the same while a slider changes the rows.
  const latest = useRef({ table, onSaveCsv });
  useEffect(() => {
    latest.current = { table, onSaveCsv };
  });
  return useMemo(() => {
    const exported = () => {
      const { header, rows } = latest.current.table();
      return toCsv(header, rows);
    };
    return [
      {
        id: 'csv',
        label: 'Save as CSV',
        icon: FileDown,
        run: () => {
          if (latest.current.onSaveCsv) latest.current.onSaveCsv();
          else saveFile(exported(), `${fileStem(name)}.csv`, 'text/csv');
        },
      },
      {
        id: 'copy',
        label: 'Copy as CSV',
        icon: ClipboardCopy,
        run: () =>
          void copyText(exported()).then((copied) =>
            toast(copied ? 'Copied the table.' : 'The browser did not allow copying.', {
              tone: copied ? 'good' : 'bad',
            }),
          ),
      },
    ];
  }, [name]);
}

/** Missing values last, whichever way. */
function compare(a: CellValue, b: CellValue, sign: number): number {
  if (a === null || (typeof a === 'number' && Number.isNaN(a))) return b === null ? 0 : 1;
  if (b === null || (typeof b === 'number' && Number.isNaN(b))) return -1;
  if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
  return sign * String(a).localeCompare(String(b), 'en', { numeric: true });
}
