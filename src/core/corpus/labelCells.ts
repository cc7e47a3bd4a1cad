/** Labels of one cell or value, cleaned; `dropped` counts entries that were null, NaN or blank. */
export interface ParsedLabels {
  readonly labels: readonly string[];
  readonly dropped: number;
}

/** A label field that is neither text nor a list of texts: the row is bad, and this is why. */
export interface BadLabels {
  readonly reason: string;
}

/** How missing values print in CSV files written by pandas, R and databases. */
const missing = new Set(['NaN', 'nan', 'null', 'NULL', 'None', 'NA', '<NA>', 'N/A']);

const none: ParsedLabels = { labels: [], dropped: 0 };

/**
 * Labels of a CSV cell or a JSON string: a JSON or Python list (`["a", "b"]`, `['a', 'b']`), parts between separators, or
 * one label. Each is trimmed, inner white space collapsed, blanks dropped, repeats joined.
 */
export function parseLabelText(text: string, separator: string | null): ParsedLabels | BadLabels {
  const trimmed = text.trim();
  if (trimmed === '') return none;
  if (trimmed.startsWith('[') && trimmed.endsWith(']')) {
    const list = parseJsonList(trimmed) ?? parsePythonList(trimmed);
    if (list) return parseLabelValue(list, null);
  }
  if (trimmed.startsWith('{') && trimmed.endsWith('}'))
    return { reason: 'The label cell holds an object, not a list or a text.' };
  return cleaned(separator === null ? [trimmed] : trimmed.split(separator));
}

/** Labels of a JSON value: a text (split as a cell is), a number, or a list of these. */
export function parseLabelValue(value: unknown, separator: string | null): ParsedLabels | BadLabels {
  if (value === undefined) return none;
  if (typeof value === 'string') return parseLabelText(value, separator);
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return { labels: [String(value)], dropped: 0 };
  if (!Array.isArray(value)) return { reason: `The label field is ${nameOf(value)}, not a list or a text.` };
  const entries: string[] = [];
  let dropped = 0;
  for (const entry of value as readonly unknown[]) {
    if (typeof entry === 'string') entries.push(entry);
    else if (entry === null || (typeof entry === 'number' && !Number.isFinite(entry))) dropped++;
    else if (typeof entry === 'number' || typeof entry === 'boolean') entries.push(String(entry));
    else return { reason: `The label list holds ${nameOf(entry)}.` };
  }
  const { labels, dropped: blanks } = cleaned(entries);
  return { labels, dropped: dropped + blanks };
}

export function nameOf(value: unknown): string {
  if (value === null) return 'null (or NaN)';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function cleaned(entries: readonly string[]): ParsedLabels {
  const labels: string[] = [];
  let dropped = 0;
  for (const entry of entries) {
    const label = entry.trim().replace(/\s+/gu, ' ');
    if (label === '' || missing.has(label)) dropped++;
    else if (!labels.includes(label)) labels.push(label);
  }
  return { labels, dropped };
}

function parseJsonList(text: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** A flat list as Python prints it: texts in either quote with backslash escapes, numbers, None, nan. */
function parsePythonList(text: string): unknown[] | null {
  const token =
    /\s*(?:'([^'\\]*(?:\\.[^'\\]*)*)'|"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s,'"[\](){}][^,'"[\](){}]*))\s*(,|\]$)/suy;
  const list: unknown[] = [];
  if (/^\[\s*\]$/u.test(text)) return list;
  token.lastIndex = 1;
  for (;;) {
    const found = token.exec(text);
    if (!found) return null;
    const [, single, double, bare, end] = found;
    const quoted = single ?? double;
    if (quoted !== undefined) list.push(quoted.replace(/\\(.)/gsu, (_, c: string) => (c === 'n' ? '\n' : c)));
    else if (bare !== undefined) list.push(missing.has(bare.trim()) ? null : bare.trim());
    if (end !== ',') return list;
    if (/^\s*\]$/u.test(text.slice(token.lastIndex))) return list;
  }
}
