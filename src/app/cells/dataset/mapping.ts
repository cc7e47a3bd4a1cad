import type { Mapping, SchemaName } from '../../../services/corpus/contract.ts';

export const schemaNames: Readonly<Record<SchemaName, string>> = {
  'howsumm-step': 'HowSumm, step rows',
  'howsumm-method': 'HowSumm, method rows',
  'wikihow-all': 'wikihowAll',
  'wikihow-sep': 'wikihowSep',
  'text-labels': 'Text and labels',
  unknown: 'Not recognised',
};

/** `JSONL: text from title, step; labels from categories`. */
export function mappingSentence({ format, schema, textColumns, labelColumns, gzip }: Mapping): string {
  const kind = schema === 'unknown' || schema === 'text-labels' ? format.toUpperCase() : schemaNames[schema];
  return `${kind}${gzip ? ' (gzip)' : ''}: text from ${textColumns.join(', ') || 'nothing'}; labels from ${labelColumns.join(', ') || 'nothing'}`;
}

/** Separators met in the wild, with the name a person would give them. */
export const separators = [
  { value: 'none', label: 'One label, or a JSON list', separator: null },
  { value: 'comma', label: 'Comma ,', separator: ',' },
  { value: 'semicolon', label: 'Semicolon ;', separator: ';' },
  { value: 'pipe', label: 'Bar |', separator: '|' },
  { value: 'tab', label: 'Tab', separator: '\t' },
  { value: 'newline', label: 'Line break', separator: '\n' },
  { value: 'slash', label: 'Slash /', separator: '/' },
] as const;

/** How a label cell falls into labels under a mapping: what the preview shows. */
export function previewLabels(cell: string, separator: string | null): string[] {
  const text = cell.trim();
  if (text.startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (Array.isArray(parsed)) return parsed.filter((item) => typeof item === 'string');
    } catch {
      // A bracket that is not JSON is part of a label.
    }
  }
  const parts = separator === null ? [text] : text.split(separator);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** Why a mapping cannot be used yet; null where it can. */
export function mappingProblem({ textColumns, labelColumns }: Mapping): string | null {
  if (textColumns.length === 0) return 'Choose at least one text column.';
  if (textColumns.some((column) => labelColumns.includes(column)))
    return 'A column cannot be text and label at once.';
  return null;
}
