import {
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type AsyncBuffer,
  type FileMetaData,
  type RowGroup,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { CorpusError } from './errors.ts';
import { BrokenSource } from './indexFile.ts';
import type { SniffedFile } from './mapping.ts';
import { guessSchema } from './schema.ts';

// A row of a Parquet file has no bytes of its own: its columns lie apart, compressed in pages of thousands. So the columns that are
// read are written out once as JSON Lines while the index pass runs, a row group at a time; from there on a Parquet file is a
// compressed file like any other, whose text is kept beside it.

/** A row group is decoded whole: what is larger is refused before it is read. */
const largestGroupBytes = 256 << 20;
const bytesAtOnce = 1 << 20;
const longestPreviewCell = 2000;

interface ParquetColumn {
  readonly name: string;
  readonly kind: 'value' | 'list' | 'nested';
}

/** Reads the footer. Throws `parquet-invalid` (cut off, damaged, no Parquet), `parquet-unsupported` (encrypted). */
async function readFooter(
  name: string,
  file: AsyncBuffer,
): Promise<{ metadata: FileMetaData; columns: ParquetColumn[] }> {
  const magic = (bytes: ArrayBuffer) => new TextDecoder().decode(bytes.slice(-4));
  const ends = [
    await file.slice(0, 4),
    await file.slice(Math.max(0, file.byteLength - 4), file.byteLength),
  ].map(magic);
  if (ends.includes('PARE'))
    throw new CorpusError(
      'parquet-unsupported',
      `${name} is an encrypted Parquet file.`,
      'Write it again without encryption.',
    );
  if (file.byteLength < 12 || ends[1] !== 'PAR1')
    throw invalid(name, 'its footer is missing, so it was cut off or is no Parquet file');
  try {
    const metadata = await parquetMetadataAsync(file);
    const columns = parquetSchema(metadata).children.map(columnOf);
    if (columns.length === 0) throw new Error('it has no columns');
    return { metadata, columns };
  } catch (error) {
    throw invalid(name, `its footer is damaged (${messageOf(error)})`, error);
  }
}

function columnOf({ element, children }: SchemaTree): ParquetColumn {
  const { name } = element;
  if (children.length === 0) return { name, kind: element.repetition_type === 'REPEATED' ? 'list' : 'value' };
  const repeated = children[0];
  const isList =
    (element.converted_type === 'LIST' || element.logical_type?.type === 'LIST') &&
    children.length === 1 &&
    repeated?.element.repetition_type === 'REPEATED' &&
    (repeated.children.length === 0 ||
      (repeated.children.length === 1 && repeated.children[0]?.children.length === 0));
  return { name, kind: isList ? 'list' : 'nested' };
}

/**
 * Columns, first rows and a guess at the mapping. Structs and maps are no columns here; a note names them. Throws what
 * `readFooter` throws, `header-only`, `parquet-nested` where nothing but nested columns is there.
 */
export async function sniffParquet(
  name: string,
  byteLength: number,
  file: AsyncBuffer,
  limit: number,
): Promise<SniffedFile> {
  const { metadata, columns } = await readFooter(name, file);
  if (Number(metadata.num_rows) === 0)
    throw new CorpusError(
      'header-only',
      `${name} has columns and no rows.`,
      'Choose a file with rows in it.',
    );
  const flat = columns.filter(({ kind }) => kind !== 'nested');
  const nested = columns.filter(({ kind }) => kind === 'nested').map((column) => column.name);
  if (flat.length === 0) throw nestedColumns(name, nested);
  // A look costs a row group of each column, so it stops at what a row group may weigh.
  let weight = 0;
  const light = flat.filter((column) => {
    const bytes = columnBytes(metadata.row_groups[0], [column.name]);
    if (weight + bytes > largestGroupBytes) return false;
    weight += bytes;
    return true;
  });
  if (light.length === 0)
    throw largeGroup(
      name,
      columnBytes(
        metadata.row_groups[0],
        flat.map((column) => column.name),
      ),
    );
  const rows = await readRows(name, file, metadata, light, 0, Math.min(Number(metadata.num_rows), 200)).catch(
    (error: unknown) => {
      throw error instanceof BrokenSource ? invalid(name, error.message, error) : error;
    },
  );
  const samples = flat.map(({ name: column, kind }) => ({
    name: column,
    cells: rows.map((row) => cellText(row[column])),
    isList: kind === 'list',
  }));
  const { recognised, notes, ...guess } = guessSchema(samples);
  return {
    name,
    byteLength,
    mapping: { ...guess, format: 'parquet', gzip: false, delimiter: '', hasHeader: false },
    recognised,
    columns: flat.map((column) => column.name),
    preview: rows.slice(0, limit).map((row) => flat.map((column) => cellText(row[column.name]))),
    notes:
      nested.length > 0
        ? [...notes, `Nested columns cannot be read as text or labels: ${nested.join(', ')}.`]
        : notes,
  };
}

/**
 * The rows as JSON Lines with just these columns, as UTF-8, a row group at a time. Throws `parquet-nested`, `no-text-column`'s
 * kin for columns that are missing, `parquet-unsupported`; `BrokenSource` (`parquet-invalid`) after the last good group.
 */
export async function* parquetText(
  name: string,
  file: AsyncBuffer,
  wanted: readonly string[],
): AsyncGenerator<Uint8Array> {
  const { metadata, columns } = await readFooter(name, file);
  const nested = columns.filter((column) => column.kind === 'nested' && wanted.includes(column.name));
  if (nested.length > 0)
    throw nestedColumns(
      name,
      nested.map((column) => column.name),
    );
  const read = columns.filter((column) => wanted.includes(column.name));
  const missing = wanted.filter((column) => !columns.some((found) => found.name === column));
  if (missing.length > 0)
    throw new CorpusError(
      'no-text-column',
      `${name} has no column ${missing.map((column) => `'${column}'`).join(', ')}.`,
      `Choose other columns in the mapping panel; the file has ${columns.map((column) => column.name).join(', ')}.`,
    );
  const encoder = new TextEncoder();
  let start = 0;
  for (const group of metadata.row_groups) {
    const bytes = columnBytes(group, wanted);
    if (bytes > largestGroupBytes) throw largeGroup(name, bytes);
    const end = start + Number(group.num_rows);
    let lines = '';
    for (const row of await readRows(name, file, metadata, read, start, end)) {
      lines += `${JSON.stringify(row, jsonValue)}\n`;
      if (lines.length >= bytesAtOnce) {
        yield encoder.encode(lines);
        lines = '';
      }
    }
    if (lines !== '') yield encoder.encode(lines);
    start = end;
  }
}

/** Bytes of some columns of a row group once they are decompressed, as its footer says. */
function columnBytes(group: RowGroup | undefined, columns: readonly string[]): number {
  return (group?.columns ?? []).reduce(
    (sum, { meta_data }) =>
      meta_data && columns.includes(meta_data.path_in_schema[0] ?? '')
        ? sum + Number(meta_data.total_uncompressed_size)
        : sum,
    0,
  );
}

async function readRows(
  name: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: readonly ParquetColumn[],
  rowStart: number,
  rowEnd: number,
): Promise<readonly Record<string, unknown>[]> {
  try {
    return await parquetReadObjects({
      file,
      metadata,
      columns: columns.map((column) => column.name),
      rowStart,
      rowEnd,
      compressors,
      useOffsetIndex: true,
    });
  } catch (error) {
    if (error instanceof CorpusError || (error instanceof Error && error.name === 'NotReadableError'))
      throw error;
    throw new BrokenSource(
      'parquet-invalid',
      `Rows ${rowStart + 1} to ${rowEnd} of ${name} cannot be decoded (${messageOf(error)}).`,
    );
  }
}

/** Numbers beyond 53 bits, times and raw bytes as JSON has them. */
function jsonValue(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return (typeof value === 'string' ? value : JSON.stringify(value, jsonValue)).slice(0, longestPreviewCell);
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 160);

const invalid = (name: string, why: string, cause?: unknown) =>
  new CorpusError(
    'parquet-invalid',
    `${name} cannot be read as Parquet: ${why}.`,
    'Download or write it again.',
    {},
    cause,
  );

const nestedColumns = (name: string, columns: readonly string[]) =>
  new CorpusError(
    'parquet-nested',
    `${name}: ${columns.join(', ')} holds structs or maps, which are neither a text nor a list of labels.`,
    'Choose other columns, or flatten it first: in pandas df["x"].apply(lambda v: [s["step"] for s in v]), in DuckDB list_transform.',
    { columns },
  );

const largeGroup = (name: string, bytes: number) =>
  new CorpusError(
    'parquet-unsupported',
    `${name} has a row group of ${Math.round(bytes / 1e6)} MB, which does not fit this tab's memory.`,
    'Write it with smaller row groups, e.g. pyarrow: write_table(table, path, row_group_size=10_000).',
  );
