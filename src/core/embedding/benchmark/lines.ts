// Benchmark files whose texts are nested more deeply than a table: read into one text and one label a row.

export interface TextLine {
  readonly text: string;
  readonly label?: string;
}

/**
 * Rows of IEB's `{category: {samples: [{instruction}]}}`, of its list of bare instructions, and of CLINC150's
 * `{split: [[text, intent]]}`, all of whose splits are read; null where the value has none of these shapes.
 */
export function benchmarkLines(json: unknown): TextLine[] | null {
  if (Array.isArray(json))
    return json.length > 0 && json.every((row) => typeof row === 'string')
      ? json.map((text: string) => ({ text }))
      : null;
  if (typeof json !== 'object' || json === null) return null;
  const entries = Object.entries(json) as [string, unknown][];
  if (entries.length === 0) return null;
  const samples = entries.map(([label, value]) => {
    const own = (value as { readonly samples?: unknown } | null)?.samples;
    return Array.isArray(own) ? { label, rows: own as unknown[] } : null;
  });
  if (samples.every((entry) => entry !== null))
    return samples.flatMap(({ label, rows }) =>
      rows.flatMap((row) => {
        const text = (row as { readonly instruction?: unknown } | null)?.instruction;
        return typeof text === 'string' ? [{ text, label }] : [];
      }),
    );
  const isPair = (row: unknown): row is readonly [string, string] =>
    Array.isArray(row) && row.length === 2 && row.every((part) => typeof part === 'string');
  if (entries.every(([, rows]) => Array.isArray(rows) && rows.every(isPair)))
    return entries.flatMap(([, rows]) =>
      (rows as readonly (readonly [string, string])[]).map(([text, label]) => ({ text, label })),
    );
  return null;
}

/** A file of JSON lines that any reader of texts and labels takes. */
export function asJsonLines(lines: readonly TextLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
