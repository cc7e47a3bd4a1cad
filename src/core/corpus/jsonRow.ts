import { nameOf, parseLabelValue } from './labelCells.ts';
import type { BadRowCode, Mapping } from './mapping.ts';

/** A row's text and labels, or why there is none. */
export type JsonRow =
  | { readonly text: string; readonly labels: readonly string[]; readonly dropped: number }
  | { readonly code: BadRowCode; readonly reason: string };

/** Fields that hold a step's words where steps are objects. */
const stepFields = ['step', 'text', 'headline', 'title', 'description'];

/**
 * The value of one record. `member`: the bytes are `"key": value` of an object that is a table (`{"step": "goal", ...}`) and
 * read as the row `[key, value]`. Python's NaN and Infinity, which are not JSON, read as null. Throws SyntaxError.
 */
export function parseJsonRecord(text: string, member: boolean): unknown {
  const whole = member ? `{${text}}` : text;
  let value: unknown;
  try {
    value = JSON.parse(whole);
  } catch (error) {
    if (!/NaN|Infinity/u.test(whole)) throw error;
    value = JSON.parse(
      whole.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/gsu, (found) =>
        found[0] === '"' ? found : 'null',
      ),
    );
  }
  return member ? (Object.entries(value as Record<string, unknown>)[0] ?? []) : value;
}

/** The field a column names: a key of an object, `#2` of a list, `#0` of a record that is itself a text. */
export function jsonField(record: unknown, column: string): unknown {
  if (typeof record === 'string') return column === '#0' ? record : undefined;
  if (Array.isArray(record)) return column.startsWith('#') ? record[Number(column.slice(1))] : undefined;
  return Object.hasOwn(record as object, column) ? (record as Record<string, unknown>)[column] : undefined;
}

/** The columns a record offers. */
export function jsonColumns(record: unknown): string[] {
  if (Array.isArray(record)) return record.map((_, index) => `#${index}`);
  return typeof record === 'object' && record !== null ? Object.keys(record) : ['#0'];
}

/**
 * The rows of one record, each with its part: one, or with `rowUnit: 'step'` one for each entry that is not blank of the first
 * text column that is a list.
 */
export function jsonRows(
  record: unknown,
  mapping: Mapping,
): { readonly part: number; readonly row: JsonRow }[] {
  const list = mapping.rowUnit === 'step' ? listColumn(record, mapping) : null;
  if (list === null) return [{ part: 0, row: jsonRow(record, mapping) }];
  const entries = jsonField(record, list) as readonly unknown[];
  const rows = entries.flatMap((entry, part) => {
    const text = textOf([entry]);
    return typeof text === 'string' && text === '' ? [] : [{ part, row: jsonRow(record, mapping, part) }];
  });
  return rows.length > 0
    ? rows
    : [{ part: 0, row: { code: 'no-text', reason: `'${list}' is an empty list.` } }];
}

function listColumn(record: unknown, mapping: Mapping): string | null {
  if (typeof record !== 'object' || record === null) return null;
  return mapping.textColumns.find((column) => Array.isArray(jsonField(record, column))) ?? null;
}

/** One row of a record; `part`: the entry that counts of the first list among its texts, where a row is a step. */
export function jsonRow(record: unknown, mapping: Mapping, part = 0): JsonRow {
  const list = mapping.rowUnit === 'step' ? listColumn(record, mapping) : null;
  if (typeof record !== 'string' && (typeof record !== 'object' || record === null))
    return { code: 'row-not-an-object', reason: `The record is ${nameOf(record)}, not an object.` };
  const texts: string[] = [];
  for (const column of mapping.textColumns) {
    const value = jsonField(record, column);
    const text = textOf(column === list ? [(value as readonly unknown[])[part]] : value);
    if (typeof text !== 'string') return { code: 'text-not-string', reason: `'${column}' is ${text.not}.` };
    if (text.trim() !== '') texts.push(text.trim());
  }
  if (texts.length === 0) return { code: 'no-text', reason: 'The text is missing or blank.' };
  const labels = new Set<string>();
  let dropped = 0;
  for (const column of mapping.labelColumns) {
    const parsed = parseLabelValue(jsonField(record, column), mapping.labelSeparator);
    if ('reason' in parsed) return { code: 'labels-not-a-list', reason: parsed.reason };
    for (const label of parsed.labels) labels.add(label);
    dropped += parsed.dropped;
  }
  return { text: texts.join('\n'), labels: [...labels], dropped };
}

/** A text, a list of texts (steps), or a list of objects that hold one each, a line an entry. */
function textOf(value: unknown): string | { readonly not: string } {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (!Array.isArray(value)) return { not: nameOf(value) };
  const lines: string[] = [];
  for (const entry of value as readonly unknown[]) {
    const line = typeof entry === 'string' ? entry : stepOf(entry);
    if (line === null) return { not: `a list with ${nameOf(entry)} in it` };
    if (line.trim() !== '') lines.push(line.trim());
  }
  return lines.join('\n');
}

function stepOf(entry: unknown): string | null {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return entry === null ? '' : null;
  const found = stepFields.map((field) => (entry as Record<string, unknown>)[field]);
  return found.find((value): value is string => typeof value === 'string') ?? null;
}
