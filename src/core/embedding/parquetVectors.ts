import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { EmbeddingError, type Vectors } from './vectors.ts';

/** What stands beside each vector. */
export interface VectorRow {
  readonly id: number;
  readonly text: string;
  /** Verb and noun found; null where there is none. */
  readonly category: string | null;
  /** The file's label; null where it has none. */
  readonly label: string | null;
}

const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'OPTIONAL',
});

// A column of lists as the format's own documentation lays it out: pandas and Arrow read it as one array a row.
const schema: SchemaElement[] = [
  { name: 'root', num_children: 5 },
  { name: 'id', type: 'INT32', repetition_type: 'REQUIRED' },
  text('text'),
  text('category'),
  text('label'),
  { name: 'vector', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
];

/**
 * Vectors with their texts as a Parquet file: `id` int32, `text`, `category`, `label` strings, `vector` list of float32. `model` goes into
 * the file's metadata. Throws `embedding-shape` where rows and vectors differ in number.
 */
export function toParquet(vectors: Vectors, rows: readonly VectorRow[], model: string): ArrayBuffer {
  const { count, width, values } = vectors;
  if (rows.length !== count)
    throw new EmbeddingError(
      'embedding-shape',
      `${rows.length} texts do not fit ${count} vectors.`,
      'Embed the open data again.',
    );
  return parquetWriteBuffer({
    schema,
    columnData: [
      { name: 'id', data: Int32Array.from(rows, ({ id }) => id) },
      { name: 'text', data: rows.map((row) => row.text) },
      { name: 'category', data: rows.map(({ category }) => category) },
      { name: 'label', data: rows.map(({ label }) => label) },
      {
        name: 'vector',
        data: rows.map((_, row) => Array.from(values.subarray(row * width, (row + 1) * width))),
      },
    ],
    kvMetadata: [{ key: 'verbena.model', value: model }],
    createdBy: 'Verbena',
  });
}

/** The rows alone, one JSON object a line, in the order of the vectors: what stands beside a `.npy` file. */
export function rowLines(rows: readonly VectorRow[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
