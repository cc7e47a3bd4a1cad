import { parseLabelText } from '../../../core/corpus/labelCells.ts';
import type { Mapping, SchemaName, SniffedFile } from '../../../services/corpus/contract.ts';

export const schemaNames: Readonly<Record<SchemaName, string>> = {
  'howsumm-step': 'HowSumm, step rows',
  'howsumm-method': 'HowSumm, method rows',
  'wikihow-all': 'wikihowAll',
  'wikihow-sep': 'wikihowSep',
  mediawiki: 'MediaWiki export',
  'text-labels': 'Text and labels',
  'topic-tree': 'Topic tree',
  unknown: 'Not recognised',
};

/** `JSONL: text from title, step; labels from categories`. */
export function mappingSentence({
  format,
  schema,
  textColumns,
  labelColumns,
  gzip,
  rowUnit,
}: Mapping): string {
  if (schema === 'topic-tree')
    return `Topic tree: ${textColumns.join(', ') || 'nothing'} under ${labelColumns.join(', ') || 'nothing'}`;
  const kind = schema === 'unknown' || schema === 'text-labels' ? format.toUpperCase() : schemaNames[schema];
  return `${kind}${gzip ? ' (gzip)' : ''}: ${rowUnit && rowUnit !== 'record' ? `a row for each ${rowUnit}, ` : ''}text from ${textColumns.join(', ') || 'nothing'}; labels from ${labelColumns.join(', ') || 'nothing'}`;
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

/** Labels of a cell under a mapping, as the reader will find them: what the preview shows. None where the row will be a bad one. */
export function previewLabels(cell: string, separator: string | null): readonly string[] {
  const parsed = parseLabelText(cell, separator);
  return 'labels' in parsed ? parsed.labels : [];
}

/** Why a mapping cannot be used yet; null where it can. */
export function mappingProblem({ schema, textColumns, labelColumns }: Mapping): string | null {
  if (schema === 'topic-tree' && (textColumns.length !== 1 || labelColumns.length !== 1))
    return 'A topic tree needs one column for the topic and one for the topic above it.';
  if (textColumns.length === 0) return 'Choose at least one text column.';
  if (textColumns.some((column) => labelColumns.includes(column)))
    return 'A column cannot be text and label at once.';
  return null;
}

/** Beyond so many, files of the same shape are shown and changed as one. */
export const isManyFiles = (files: readonly SniffedFile[]) => files.length > 12;

/** Whether two files have the same columns in the same format, so that one mapping fits both. */
export function isSameShape(a: SniffedFile, b: SniffedFile): boolean {
  return shapeOf(a) === shapeOf(b);
}

const shapeOf = ({ mapping, columns }: SniffedFile) =>
  JSON.stringify([mapping.format, mapping.delimiter, mapping.hasHeader, columns]);

export interface FileGroup {
  /** Index of the file that stands for the group: the first, or the first that was not recognised. */
  readonly at: number;
  readonly count: number;
}

/** What the panel lists: each file, or of many files one for each shape. */
export function fileGroups(files: readonly SniffedFile[]): FileGroup[] {
  if (!isManyFiles(files)) return files.map((_, at) => ({ at, count: 1 }));
  const groups = new Map<string, { at: number; count: number }>();
  for (const [at, file] of files.entries()) {
    const group = groups.get(shapeOf(file));
    if (!group) groups.set(shapeOf(file), { at, count: 1 });
    else group.count++;
  }
  return [...groups.values()];
}

/** One row's text as the preview shows it: lists a line an entry, or only their first where each entry is a row. */
export function previewText(cells: readonly string[], { rowUnit, format }: Mapping): string {
  return cells
    .map((cell) => {
      if (!cell.startsWith('[') || format === 'mediawiki') return cell;
      try {
        const list: unknown = JSON.parse(cell);
        if (!Array.isArray(list)) return cell;
        const texts = list.filter((entry) => typeof entry === 'string');
        return rowUnit === 'step' ? (texts[0] ?? '') : texts.join('\n');
      } catch {
        return cell;
      }
    })
    .filter((text) => text.trim() !== '')
    .join('\n');
}

/** How far above a label topics become labels. */
export const topicDepths = [
  { value: '0', label: 'None' },
  { value: '1', label: '1 level' },
  { value: '2', label: '2 levels' },
  { value: '3', label: '3 levels' },
  { value: '5', label: '5 levels' },
  { value: '20', label: 'All levels' },
] as const;
