import { gzipSync } from 'fflate';

// A small Parquet writer for tests (PLAIN, one data page a chunk, plain or gzipped), so that no fixture has to be kept: the format's
// thrift definitions are those of parquet-format 2.10. Nothing of the product imports it.

type Codec = 'plain' | 'gzip';
type Cell = string | readonly (string | null)[] | null;

export interface ParquetTestColumn {
  readonly name: string;
  /** `struct`: a group with one text field, as nested columns have it. */
  readonly kind: 'text' | 'list' | 'struct';
  readonly cells: readonly Cell[];
}

type Field = readonly [
  id: number,
  type: 'i32' | 'i64' | 'text' | 'struct' | 'i32s' | 'texts' | 'structs',
  value: unknown,
];

const typeCodes = { i32: 5, i64: 6, text: 8, struct: 12, i32s: 9, texts: 9, structs: 9 } as const;
const encoder = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

const zigzag = (value: number) => varint(value * 2);
const text = (value: string) => {
  const bytes = encoder.encode(value);
  return [...varint(bytes.length), ...bytes];
};
const listHead = (length: number, code: number) =>
  length < 15 ? [(length << 4) | code] : [0xf0 | code, ...varint(length)];

/** A struct in thrift's compact protocol. */
function struct(fields: readonly Field[]): number[] {
  const bytes: number[] = [];
  let before = 0;
  for (const [id, type, value] of fields) {
    bytes.push(((id - before) << 4) | typeCodes[type]);
    before = id;
    if (type === 'i32' || type === 'i64') bytes.push(...zigzag(value as number));
    else if (type === 'text') bytes.push(...text(value as string));
    else if (type === 'struct') bytes.push(...struct(value as Field[]));
    else if (type === 'i32s')
      bytes.push(...listHead((value as number[]).length, 5), ...(value as number[]).flatMap(zigzag));
    else if (type === 'texts')
      bytes.push(...listHead((value as string[]).length, 8), ...(value as string[]).flatMap(text));
    else
      bytes.push(
        ...listHead((value as Field[][]).length, 12),
        ...(value as Field[][]).flatMap((fields) => struct(fields)),
      );
  }
  return [...bytes, 0];
}

/** Levels as runs of one. */
function levels(values: readonly number[]): number[] {
  const runs = values.flatMap((value) => [2, value]);
  return [...int32(runs.length), ...runs];
}

const int32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];

function schemaOf({ name, kind }: ParquetTestColumn): Field[][] {
  const leaf = (leafName: string): Field[] => [
    [1, 'i32', 6],
    [3, 'i32', 1],
    [4, 'text', leafName],
    [6, 'i32', 0],
  ];
  if (kind === 'text') return [leaf(name)];
  if (kind === 'struct')
    return [
      [
        [3, 'i32', 1],
        [4, 'text', name],
        [5, 'i32', 1],
      ],
      leaf('inner'),
    ];
  return [
    [
      [3, 'i32', 1],
      [4, 'text', name],
      [5, 'i32', 1],
      [6, 'i32', 3],
    ],
    [
      [3, 'i32', 2],
      [4, 'text', 'list'],
      [5, 'i32', 1],
    ],
    leaf('element'),
  ];
}

function page(
  { kind, cells }: ParquetTestColumn,
  codec: Codec,
): { bytes: number[]; count: number; inflated: number } {
  const definitions: number[] = [];
  const repetitions: number[] = [];
  const values: number[] = [];
  const put = (value: string) => {
    const bytes = encoder.encode(value);
    values.push(...int32(bytes.length), ...bytes);
  };
  for (const cell of cells) {
    if (kind !== 'list') {
      definitions.push(cell === null ? 0 : kind === 'struct' ? 2 : 1);
      if (typeof cell === 'string') put(cell);
      continue;
    }
    if (cell === null || cell.length === 0) {
      definitions.push(cell === null ? 0 : 1);
      repetitions.push(0);
      continue;
    }
    for (const [i, entry] of [...cell].entries()) {
      definitions.push(entry === null ? 2 : 3);
      repetitions.push(i === 0 ? 0 : 1);
      if (entry !== null) put(entry);
    }
  }
  const body = [...(kind === 'list' ? levels(repetitions) : []), ...levels(definitions), ...values];
  const packed = codec === 'gzip' ? [...gzipSync(Uint8Array.from(body))] : body;
  const header = struct([
    [1, 'i32', 0],
    [2, 'i32', body.length],
    [3, 'i32', packed.length],
    [
      5,
      'struct',
      [
        [1, 'i32', definitions.length],
        [2, 'i32', 0],
        [3, 'i32', 3],
        [4, 'i32', 3],
      ],
    ],
  ]);
  return { bytes: [...header, ...packed], count: definitions.length, inflated: header.length + body.length };
}

/** A Parquet file; `groups`: the columns of each row group. */
export function writeParquet(
  groups: readonly (readonly ParquetTestColumn[])[],
  codec: Codec = 'plain',
  /** What each chunk says it expands to; its true size where it is missing. */
  declaredBytes?: number,
): Uint8Array<ArrayBuffer> {
  const bytes = [...encoder.encode('PAR1')];
  const rowGroups = groups.map((columns): Field[] => {
    const chunks = columns.map((column): Field[] => {
      const { bytes: data, count, inflated } = page(column, codec);
      const at = bytes.length;
      bytes.push(...data);
      const path = column.kind === 'text' ? [] : column.kind === 'struct' ? ['inner'] : ['list', 'element'];
      const meta: Field[] = [
        [1, 'i32', 6],
        [2, 'i32s', [0, 3]],
        [3, 'texts', [column.name, ...path]],
        [4, 'i32', codec === 'gzip' ? 2 : 0],
        [5, 'i64', count],
        [6, 'i64', declaredBytes ?? inflated],
        [7, 'i64', data.length],
        [9, 'i64', at],
      ];
      return [
        [2, 'i64', at],
        [3, 'struct', meta],
      ];
    });
    return [
      [1, 'structs', chunks],
      [2, 'i64', 1000],
      [3, 'i64', columns[0]?.cells.length ?? 0],
    ];
  });
  const columns = groups[0] ?? [];
  const footer = struct([
    [1, 'i32', 1],
    [
      2,
      'structs',
      [
        [
          [4, 'text', 'schema'],
          [5, 'i32', columns.length],
        ],
        ...columns.flatMap(schemaOf),
      ],
    ],
    [3, 'i64', groups.reduce((sum, group) => sum + (group[0]?.cells.length ?? 0), 0)],
    [4, 'structs', rowGroups],
  ]);
  return Uint8Array.from([...bytes, ...footer, ...int32(footer.length), ...encoder.encode('PAR1')]);
}
